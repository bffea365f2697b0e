import type { AdapterFacts, BrowserFacts } from '../src/browser/browser-result.ts';

type Adapter = { readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly device?: string; readonly description?: string; readonly isFallbackAdapter?: boolean } };
type Brand = { readonly brand: string; readonly version: string };
/** What the page's typings lack, and not every browser has. */
type Surroundings = {
  readonly gpu?: { requestAdapter(): Promise<Adapter | null> };
  readonly userAgentData?: { getHighEntropyValues(hints: readonly string[]): Promise<{ readonly fullVersionList?: readonly Brand[] }> };
};

/** The adapter that WebGPU would compute on, or undefined without any. */
export async function findAdapter(): Promise<AdapterFacts | undefined> {
  const adapter = await (navigator as Surroundings).gpu?.requestAdapter().catch(() => null);
  if (adapter == null) return undefined;
  const { vendor = '', architecture = '', device = '', description = '', isFallbackAdapter = false } = adapter.info ?? {};
  return { vendor, architecture, device, description, isSoftware: isFallbackAdapter || /swiftshader|llvmpipe|warp/i.test(`${architecture} ${device} ${description}`) };
}

/** What decides about speed here, but for what happens while measuring. */
export async function browserFacts(): Promise<Omit<BrowserFacts, 'offOriginRequestCount' | 'tabWasHidden'>> {
  return {
    name: await browserName(),
    userAgent: navigator.userAgent,
    crossOriginIsolated: globalThis.crossOriginIsolated,
    logicalCoreCount: navigator.hardwareConcurrency,
    adapter: await findAdapter(),
  };
}

/** Brands that browsers put among theirs so that nobody relies on the list. */
const GREASE = /not.?a.?brand/i;

async function browserName(): Promise<string> {
  const { fullVersionList = [] } = (await (navigator as Surroundings).userAgentData?.getHighEntropyValues(['fullVersionList'])) ?? {};
  const brands = fullVersionList.filter(({ brand }) => !GREASE.test(brand.replaceAll(/[^a-z]/gi, ' ')));
  const chosen = brands.find(({ brand }) => brand !== 'Chromium') ?? brands[0];
  if (chosen !== undefined) return `${chosen.brand} ${chosen.version}`;
  return /(Firefox|Version)\/[\d.]+( Safari)?/.exec(navigator.userAgent)?.[0].replace('Version', 'Safari').replace('/', ' ') ?? navigator.userAgent;
}
