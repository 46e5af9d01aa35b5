/** Values of a field that no script of ours has written: each kind of bad value once. */
export const GARBAGE: Readonly<Record<string, string>> = {
  nan: 'nan',
  inf: 'inf',
  '1e300': '1e300',
  '2^53': '9007199254740992',
  '-1': '-1',
  empty: '',
  '2100': String(Date.UTC(2100, 0)),
  '1 MB': 'x'.repeat(1_000_000),
  '1 MB of digits': '9'.repeat(1_000_000),
  NUL: '\0',
  ESC: '\u001B[2J',
  newline: '1\n2',
};
