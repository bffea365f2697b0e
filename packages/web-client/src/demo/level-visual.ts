type Levels = { readonly inputLevel: number; readonly outputLevel: number };

/** How often silence is looked at. */
const STILL_INTERVAL_MS = 60;
/** Steps in which levels are shown; what changes less is not worth painting. */
const LEVEL_STEP_COUNT = 64;

/**
 * The talk button's disc, breathing with the microphone outside and with the
 * voice inside; still for who asked the system for less motion. Painted only when it looks
 * different: on a machine without a GPU, painting takes time from the models.
 */
export class LevelVisual {
  readonly #canvas: HTMLCanvasElement;
  readonly #levels: () => Levels;
  #input = 0;
  #output = 0;
  #active = false;
  #painted = '';
  #colours = { accent: '', heard: '' };
  readonly #lessMotion = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(canvas: HTMLCanvasElement, levels: () => Levels) {
    this.#canvas = canvas;
    this.#levels = levels;
    this.#readColours();
    new ResizeObserver(() => this.#fit()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#readColours());
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
    this.#draw(this.#lessMotion.matches ? 0 : stepped(this.#input), this.#lessMotion.matches ? 0 : stepped(this.#output));
    const next = () => requestAnimationFrame(() => this.#frame());
    // Asking for every frame costs something even when nothing is painted, most while models are being loaded.
    if (stepped(this.#input) === 0 && stepped(this.#output) === 0) setTimeout(next, STILL_INTERVAL_MS);
    else next();
  }

  /** As many pixels as the screen has there, so that the disc is round on a large one. */
  #fit(): void {
    const width = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (width === 0 || width === this.#canvas.width) return;
    this.#canvas.width = width;
    this.#canvas.height = width;
    this.#painted = '';
  }

  #readColours(): void {
    const style = getComputedStyle(this.#canvas);
    this.#colours = { accent: style.getPropertyValue('--accent'), heard: style.getPropertyValue('--heard') };
  }

  #draw(input: number, output: number): void {
    const { accent, heard } = this.#colours;
    const looks = `${input} ${output} ${this.#active} ${accent} ${heard}`;
    if (looks === this.#painted) return;
    this.#painted = looks;
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    const { width } = this.#canvas;
    const middle = width / 2;
    context.clearRect(0, 0, width, width);
    context.globalAlpha = 0.18;
    disc(context, middle, middle * (0.66 + 0.34 * input), accent);
    context.globalAlpha = this.#active ? 1 : 0.82;
    disc(context, middle, middle * 0.64, accent);
    context.globalAlpha = 1;
    context.lineWidth = width * (0.012 + 0.05 * output);
    context.strokeStyle = heard;
    context.beginPath();
    context.arc(middle, middle, middle * 0.64, 0, 2 * Math.PI);
    if (output > 0) context.stroke();
  }
}

function disc(context: CanvasRenderingContext2D, middle: number, radius: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(middle, middle, radius, 0, 2 * Math.PI);
  context.fill();
}

function stepped(level: number): number {
  return Math.round(level * LEVEL_STEP_COUNT) / LEVEL_STEP_COUNT;
}

/** RMS to 0–1 over the 50 dB in which speech lives. */
function loudness(level: number): number {
  if (level <= 0) return 0;
  return Math.min(1, Math.max(0, (20 * Math.log10(level) + 55) / 45));
}
