import { createVoiceSession } from '@sotto/web-client';

const talk = document.querySelector<HTMLButtonElement>('#talk')!;
const state = document.querySelector<HTMLElement>('#state')!;
const log = document.querySelector<HTMLElement>('#log')!;
const instructions = await (await fetch('./sotto/kiosk.txt')).text();
const session = await createVoiceSession({ engine: 'in-tab', settings: { instructions }, inTab: { assetsUrl: './sotto' }, onEvent: (event) => { state.textContent = JSON.stringify(event).slice(0, 300); } });
Object.assign(globalThis, { session });
session.on('*', (event) => { if (event.type !== 'heard') log.append(JSON.stringify(event).slice(0, 500), document.createElement('br')); });
talk.disabled = false;
talk.textContent = 'Talk';
talk.onclick = () => void session.startListening();
