/** An SVG element; children are elements or text from {@link text}. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, children: readonly string[] = []): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escape(value)}"`).join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

export function text(content: string, x: number, y: number, attributes: Readonly<Record<string, string | number>> = {}): string {
  return element('text', { x, y, ...attributes }, [escape(content)]);
}

/** What an element or a picture is called; shown where the pointer rests. */
export function title(content: string): string {
  return element('title', {}, [escape(content)]);
}

/** A whole picture on white, in the reader's own sans-serif. */
export function picture(widthPx: number, heightPx: number, name: string, children: readonly string[]): string {
  const head = [title(name), element('rect', { width: widthPx, height: heightPx, fill: '#ffffff' })];
  return `${element('svg', { 'xmlns': 'http://www.w3.org/2000/svg', 'viewBox': `0 0 ${widthPx} ${heightPx}`, 'width': widthPx, 'height': heightPx, 'font-family': 'sans-serif', 'font-size': 12, 'fill': '#222222', 'role': 'img' }, [...head, ...children])}\n`;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
