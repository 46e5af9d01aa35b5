import 'reflect-metadata';

import { NestFactory } from '@nestjs/core';

import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule);
// A stopped pod hands the lease over at once and lets its running jobs end.
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000);

// The demo starts pods as children, which must not outlive it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
