/** Token of the options passed to `forRoot` or made by `forRootAsync`, not resolved yet. */
export const SCHEDULE_MODULE_OPTIONS = Symbol.for('nestjs-leader-schedule:options');
