import { InvalidOptionsError } from '../errors/errors.js';
import type { ConfigReader, ProviderReader, ProviderToken, ScheduleContext } from './job-definition.js';

/** From where functions of decorators read settings. */
export interface SettingSources {
  /** The configuration, if the application has one. */
  readonly config?: ConfigReader | undefined;
  /** The providers of the application; throws where there is none of a token. */
  readonly get?: ProviderReader | undefined;
}

/**
 * The argument of the functions of one job. Its members throw `InvalidOptionsError` where there is nothing to read from.
 *
 * @param origin the decorator and its method, for messages
 */
export function settingContext(origin: string, { config, get }: SettingSources): ScheduleContext {
  return { config: config ?? noConfig(origin), get: token => provider(origin, token, get) };
}

function provider<Provider>(
  origin: string,
  token: ProviderToken<Provider>,
  get: ProviderReader = none,
): Provider {
  try {
    return get(token);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidOptionsError({
      problem: `${origin}: a setting is read from ${nameOf(token)}, and there is no such provider: ${reason}`,
      remedy:
        'Import the module that provides it, anywhere in the application. A provider of the scope REQUEST or TRANSIENT has no instance when the application starts',
      cause,
    });
  }
}

function none(): never {
  throw new Error('The application has no providers');
}

function nameOf(token: unknown): string {
  return typeof token === 'function' ? token.name : String(token);
}

function noConfig(origin: string): ConfigReader {
  return {
    get: path => {
      throw new InvalidOptionsError({
        problem: `${origin}: a setting is read from the configuration, and there is no ConfigService`,
        received: path,
        remedy:
          'Run `npm install @nestjs/config` and import ConfigModule.forRoot(), or give the setting itself',
      });
    },
  };
}
