/** What another page over the same engines is built of. */
export { element, make } from './element.ts';
export { LoadingList } from './loading-list.ts';
export { OffOriginRequests } from './off-origin-requests.ts';
