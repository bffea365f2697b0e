import { AssistantPage } from './assistant-page.ts';
import { element } from './element.ts';
import { OffOriginRequests } from './off-origin-requests.ts';

const page = new AssistantPage('./sotto');
const requests = new OffOriginRequests(element('requests'));
// For tests, and for whoever opens the console to look.
Object.assign(globalThis, { sotto: { page, requests } });

if ('serviceWorker' in navigator) void navigator.serviceWorker.register('./service-worker.js', { type: 'module' }).catch(() => undefined);

await page.start();
