export class SpokenTextCleaner { push(t: string) { return t; } flush() { return ''; } }
export class ClauseChunker {
  #b = '';
  push(t: string): string[] { this.#b += t; const out: string[] = []; let m; while ((m = /^.*?[.!?,](?=\s)\s*/s.exec(this.#b))) { out.push(m[0].trim()); this.#b = this.#b.slice(m[0].length); } return out; }
  flush(): string[] { const r = this.#b.trim(); this.#b = ''; return r ? [r] : []; }
}
