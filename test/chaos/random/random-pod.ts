import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { eventually } from '../../support/eventually.js';
import { PodProcess } from '../pod-process.js';
import type { HistoryEntry, Life, Stall } from './evidence.js';
import { mono } from './mono.js';
import type { Network } from './network.js';

/** A pod of `chaos-pod.ts`, process after process, and what is known of each of them. */
export class RandomPod {
  /** As the pod said last. */
  isLeader = false;
  readonly pastLives: Life[] = [];
  /** When this side stopped a process: one that is killed then cannot say so itself. */
  readonly stalls: Stall[] = [];
  private current: { readonly process: PodProcess; readonly life: string; readonly from: number } | undefined;
  private isReady = false;
  private pausedFrom: number | undefined;
  /** How the present process is expected to end. */
  private sentence: 'killed' | 'stopped' | undefined;
  private readonly answers = new Map<number, (records: HistoryEntry[]) => void>();
  private questions = 0;

  constructor(
    readonly name: string,
    readonly network: Network,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly log: string,
  ) {}

  get isAlive(): boolean {
    return this.current !== undefined;
  }

  /** Every process there was; the present one is still alive. */
  get lives(): Life[] {
    if (this.current === undefined) return this.pastLives;
    const { life, from } = this.current;
    return [...this.pastLives, { life, from, to: mono(), end: 'alive', output: '' }];
  }

  /**
   * Starts a process with a clock that is wrong by `clockOffsetMs`.
   *
   * @param folder of another build; this one by default
   */
  start(clockOffsetMs: number, folder = '.'): void {
    this.sentence = undefined;
    this.isReady = false;
    const process = new PodProcess({
      program: 'chaos-pod.js',
      folder,
      flags: ['--import', pathToFileURL(join(folder, '.build/pods/shifted-clock.js')).href],
      environment: { ...this.environment, CHAOS_CLOCK_OFFSET_MS: `${clockOffsetMs}` },
      log: this.log,
      onMessage: message => this.onMessage(message as Message),
      onExit: (code, signal) => this.onExit(`exit code ${code}, signal ${signal}`),
    });
    this.current = { process, life: `${this.name}#${process.pid}`, from: mono() };
  }

  async ready(): Promise<void> {
    await eventually(() => this.isReady || !this.isAlive, {
      within: 60_000,
      every: 50,
      what: `${this.name} is ready`,
    });
  }

  async kill(): Promise<void> {
    this.sentence = 'killed';
    await this.current?.process.end('SIGKILL');
  }

  /** Sends SIGTERM; a process that is still there after `withinMs` is killed, and its life says `stuck`. */
  async stop(withinMs: number): Promise<void> {
    this.sentence ??= 'stopped';
    const { current } = this;
    if (current === undefined) return;
    const tooLate = setTimeout(() => current.process.signal('SIGKILL'), withinMs);
    await current.process.end('SIGTERM');
    clearTimeout(tooLate);
  }

  pause(): void {
    this.pausedFrom = mono();
    this.current?.process.signal('SIGSTOP');
  }

  resume(): void {
    this.notePause();
    this.current?.process.signal('SIGCONT');
  }

  setClock(offsetMs: number): void {
    this.current?.process.send({ kind: 'clock', offsetMs });
  }

  /** The history as the pod reads it; empty when it does not answer within 3 s. */
  history(limit: number): Promise<HistoryEntry[]> {
    const id = (this.questions += 1);
    return new Promise(resolve => {
      const settle = (records: HistoryEntry[]) => {
        clearTimeout(tooLate);
        this.answers.delete(id);
        resolve(records);
      };
      const tooLate = setTimeout(() => settle([]), 3000);
      this.answers.set(id, settle);
      this.current?.process.send({ kind: 'history', id, limit });
    });
  }

  private onMessage(message: Message): void {
    switch (message.kind) {
      case 'ready':
        this.isReady = true;
        break;
      case 'leadership':
        this.isLeader = message.isLeader;
        break;
      case 'history':
        this.answers.get(message.id)?.(Array.isArray(message.records) ? message.records : []);
        break;
    }
  }

  private onExit(how: string): void {
    const { current } = this;
    if (current === undefined) return;
    this.notePause();
    const isStuck = this.sentence === 'stopped' && how.endsWith('SIGKILL');
    const end = isStuck ? 'stuck' : (this.sentence ?? 'crashed');
    const output = end === 'crashed' || isStuck ? `${how}: ${this.endOfLog()}` : '';
    this.pastLives.push({ life: current.life, from: current.from, to: mono(), end, output });
    this.current = undefined;
    this.isLeader = false;
  }

  private notePause(): void {
    if (this.pausedFrom === undefined || this.current === undefined) return;
    this.stalls.push({ kind: 'stall', life: this.current.life, from: this.pausedFrom, to: mono() });
    this.pausedFrom = undefined;
  }

  private endOfLog(): string {
    return readFileSync(this.log, 'utf8').trim().split('\n').slice(-12).join('\n');
  }
}

type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'leadership'; readonly isLeader: boolean }
  | { readonly kind: 'history'; readonly id: number; readonly records: HistoryEntry[] | string };
