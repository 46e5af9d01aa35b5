import { Controller, Get, Header } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { ScheduleHealthIndicator } from 'nestjs-leader-schedule/health';
import { register } from 'prom-client';

/** For Kubernetes and Prometheus. */
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly schedule: ScheduleHealthIndicator,
  ) {}

  /** Answers 200 although Redis is away (`degraded`): the pod serves requests, and restarting it would not help. */
  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.schedule.isHealthy('schedule')]);
  }

  /** Whether the process answers; it checks nothing else. */
  @Get('health/live')
  live() {
    return { status: 'up' };
  }

  @Get('metrics')
  @Header('content-type', register.contentType)
  metrics() {
    return register.metrics();
  }
}
