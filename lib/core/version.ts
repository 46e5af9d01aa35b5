/** The version of this package, which is that of package.json. */
export const VERSION = '0.6.0';
