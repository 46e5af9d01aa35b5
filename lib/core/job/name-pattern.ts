/** Whether a name matches a pattern, in which `*` stands for any characters, or none. In linear time, whatever the pattern. */
export function matchesPattern(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  const hasEnds = name.startsWith(first) && name.endsWith(last);
  if (!hasEnds || name.length < first.length + last.length) return false;
  const end = name.length - last.length;
  let from = first.length;
  for (const part of rest) {
    const index = name.indexOf(part, from);
    if (index < 0 || index + part.length > end) return false;
    from = index + part.length;
  }
  return true;
}
