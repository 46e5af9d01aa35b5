import { styleText } from 'node:util';

type Style = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow';

/** Sets a text in a style, or leaves it as it is. Styles are not nested. */
export type Paint = Readonly<Record<Style, (text: string) => string>>;

/** @param isColoured decided by the caller, so that no variable is read here and no stream is checked */
export function createPaint(isColoured: boolean): Paint {
  const inStyle = (style: Style) => (text: string) =>
    isColoured ? styleText(style, text, { validateStream: false }) : text;
  return {
    bold: inStyle('bold'),
    cyan: inStyle('cyan'),
    dim: inStyle('dim'),
    green: inStyle('green'),
    red: inStyle('red'),
    yellow: inStyle('yellow'),
  };
}
