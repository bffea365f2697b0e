/**
 * Reads server-sent events (WHATWG HTML, section 9.2) out of bytes that may be cut anywhere, even
 * within a character. Only `data` fields are kept: the chat endpoints use nothing else.
 */
export class SseReader {
  readonly #decoder = new TextDecoder();
  #line = '';
  #data: string[] = [];
  #endedWithReturn = false;

  /** Returns the data of each event that these bytes complete. */
  push(bytes: Uint8Array): string[] {
    return this.#readLines(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Returns what an endpoint left unterminated when it closed the connection. */
  flush(): string[] {
    const events = this.#readLines(`${this.#decoder.decode()}\n\n`);
    this.#line = '';
    return events;
  }

  #readLines(text: string): string[] {
    const events: string[] = [];
    // A line ends in CR, LF or both; both may come apart.
    const joined = this.#endedWithReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.#endedWithReturn = text.endsWith('\r');
    const lines = (this.#line + joined).split(/\r\n|\r|\n/);
    this.#line = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        const data = this.#data.join('\n');
        if (data !== '') events.push(data);
        this.#data = [];
      } else if (line.startsWith('data:')) {
        this.#data.push(line.slice('data:'.length).replace(/^ /, ''));
      }
    }
    return events;
  }
}
