import 'reflect-metadata';

import { NestFactory } from '@nestjs/core';

import { AppModule } from './app.module.js';
import { reportToParent } from './demo.js';

const app = await NestFactory.create(AppModule);
// A stopped pod hands the lease over at once and lets its running jobs end.
app.enableShutdownHooks();
reportToParent(app);
await app.listen(process.env['PORT'] ?? 3000);
