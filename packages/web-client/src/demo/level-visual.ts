type Levels = { readonly inputLevel: number; readonly outputLevel: number };

/** The talk button's disc, breathing with the microphone outside and with the voice inside. */
export class LevelVisual {
  readonly #canvas: HTMLCanvasElement;
  readonly #levels: () => Levels;
  #input = 0;
  #output = 0;
  #active = false;

  constructor(canvas: HTMLCanvasElement, levels: () => Levels) {
    this.#canvas = canvas;
    this.#levels = levels;
    requestAnimationFrame(() => this.#frame());
  }

  set active(active: boolean) {
    this.#active = active;
  }

  #frame(): void {
    const { inputLevel, outputLevel } = this.#levels();
    // Rises at once and falls slowly, as level meters do.
    this.#input = Math.max(loudness(inputLevel), this.#input * 0.9);
    this.#output = Math.max(loudness(outputLevel), this.#output * 0.9);
    this.#draw();
    requestAnimationFrame(() => this.#frame());
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    const { width } = this.#canvas;
    const middle = width / 2;
    const style = getComputedStyle(this.#canvas);
    const accent = style.getPropertyValue('--accent');
    const heard = style.getPropertyValue('--heard');
    context.clearRect(0, 0, width, width);
    context.globalAlpha = 0.18;
    disc(context, middle, middle * (0.66 + 0.34 * this.#input), accent);
    context.globalAlpha = this.#active ? 1 : 0.82;
    disc(context, middle, middle * 0.64, accent);
    context.globalAlpha = 1;
    context.lineWidth = width * (0.012 + 0.05 * this.#output);
    context.strokeStyle = heard;
    context.beginPath();
    context.arc(middle, middle, middle * 0.64, 0, 2 * Math.PI);
    if (this.#output > 0.02) context.stroke();
  }
}

function disc(context: CanvasRenderingContext2D, middle: number, radius: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(middle, middle, radius, 0, 2 * Math.PI);
  context.fill();
}

/** RMS to 0–1 over the 50 dB in which speech lives. */
function loudness(level: number): number {
  if (level <= 0) return 0;
  return Math.min(1, Math.max(0, (20 * Math.log10(level) + 55) / 45));
}
