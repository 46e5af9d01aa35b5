import 'reflect-metadata';

import { type LoggerService, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** Keeps what an application logs. */
export class RecordingLogger implements LoggerService {
  readonly lines: string[] = [];
  log = (message: unknown): void => this.note('log', message);
  error = (message: unknown): void => this.note('error', message);
  warn = (message: unknown): void => this.note('warn', message);
  debug = (message: unknown): void => this.note('debug', message);

  private note(level: string, message: unknown): void {
    this.lines.push(`${level} ${message instanceof Error ? message.message : String(message)}`);
  }
}

/** Boots a real Nest application context of one root module. */
export async function bootApp(metadata: ModuleMetadata, logger = new RecordingLogger()) {
  class AppModule {}
  Module(metadata)(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule as Type, { logger, abortOnError: false });
  return Object.assign(app, { lines: logger.lines });
}

export type BootedApp = Awaited<ReturnType<typeof bootApp>>;
