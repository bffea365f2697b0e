type Unit = { readonly one: string; readonly many: string };

const unit = (one: string, many = `${one}s`): Unit => ({ one, many });

/** Symbols are case-sensitive: mW is not MW. */
export const UNITS: Readonly<Record<string, Unit>> = {
  km: unit('kilometre'),
  m: unit('metre'),
  cm: unit('centimetre'),
  mm: unit('millimetre'),
  mi: unit('mile'),
  ft: unit('foot', 'feet'),
  yd: unit('yard'),
  kg: unit('kilogram'),
  g: unit('gram'),
  mg: unit('milligram'),
  lb: unit('pound'),
  lbs: unit('pound'),
  oz: unit('ounce'),
  l: unit('litre'),
  L: unit('litre'),
  ml: unit('millilitre'),
  cl: unit('centilitre'),
  '°C': unit('degree Celsius', 'degrees Celsius'),
  '°F': unit('degree Fahrenheit', 'degrees Fahrenheit'),
  '°': unit('degree'),
  '%': unit('percent', 'percent'),
  'km/h': unit('kilometre per hour', 'kilometres per hour'),
  kmh: unit('kilometre per hour', 'kilometres per hour'),
  kph: unit('kilometre per hour', 'kilometres per hour'),
  mph: unit('mile per hour', 'miles per hour'),
  'm/s': unit('metre per second', 'metres per second'),
  'm²': unit('square metre'),
  'm2': unit('square metre'),
  'km²': unit('square kilometre'),
  'm³': unit('cubic metre'),
  W: unit('watt'),
  kW: unit('kilowatt'),
  kWh: unit('kilowatt hour'),
  V: unit('volt'),
  mA: unit('milliamp'),
  Hz: unit('hertz', 'hertz'),
  kHz: unit('kilohertz', 'kilohertz'),
  MHz: unit('megahertz', 'megahertz'),
  GHz: unit('gigahertz', 'gigahertz'),
  dB: unit('decibel'),
  KB: unit('kilobyte'),
  kB: unit('kilobyte'),
  MB: unit('megabyte'),
  GB: unit('gigabyte'),
  TB: unit('terabyte'),
  ms: unit('millisecond'),
  s: unit('second'),
  sec: unit('second'),
  secs: unit('second'),
  min: unit('minute'),
  mins: unit('minute'),
  h: unit('hour'),
  hr: unit('hour'),
  hrs: unit('hour'),
  kcal: unit('kilocalorie'),
  px: unit('pixel'),
};

type Currency = Unit & { readonly fraction: Unit };

export const CURRENCIES: Readonly<Record<string, Currency>> = {
  '£': { ...unit('pound'), fraction: unit('penny', 'pence') },
  $: { ...unit('dollar'), fraction: unit('cent') },
  '€': { ...unit('euro'), fraction: unit('cent') },
  '¥': { ...unit('yen', 'yen'), fraction: unit('sen', 'sen') },
  '₹': { ...unit('rupee'), fraction: unit('paisa', 'paise') },
};

export function unitName(named: Unit, amount: string): string {
  return Number(amount.replaceAll(',', '')) === 1 ? named.one : named.many;
}
