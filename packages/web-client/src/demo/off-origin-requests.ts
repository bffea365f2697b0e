/**
 * Counts requests that left the page's origin, attempts that the content
 * security policy stopped included. What Workers fetch is counted as well where
 * they report it; the policy stops them in any case.
 */
export class OffOriginRequests {
  readonly #badge: HTMLElement;
  #count = 0;

  constructor(badge: HTMLElement) {
    this.#badge = badge;
    new PerformanceObserver((list) => {
      for (const { name } of list.getEntries()) if (leavesOrigin(name)) this.#add();
    }).observe({ type: 'resource', buffered: true });
    document.addEventListener('securitypolicyviolation', ({ blockedURI }) => {
      if (leavesOrigin(blockedURI)) this.#add();
    });
  }

  get count(): number {
    return this.#count;
  }

  #add(): void {
    this.#count++;
    this.#badge.classList.add('breached');
    const strong = this.#badge.querySelector('strong');
    if (strong !== null) strong.textContent = String(this.#count);
  }
}

function leavesOrigin(address: string): boolean {
  if (!/^(https?|wss?):/.test(address)) return false;
  const { host } = new URL(address);
  return host !== location.host;
}
