/** The devices, to choose from; what cannot be had is greyed out, with the reason. */
import type { Device } from '../char-lm/options.ts';
import { element } from './dom.ts';
import type { DeviceReport } from './messages.ts';

/** The first that can be had is chosen. */
export function showDevices(devices: readonly DeviceReport[]): void {
  const fieldset = element('devices', HTMLFieldSetElement);
  const first = devices.find(({ obstacle }) => obstacle === undefined);
  fieldset.querySelector('.hint')?.remove();
  fieldset.append(...devices.map((device) => choice(device, device === first)));
}

/** Undefined before the devices are known. */
export function chosenDevice(form: HTMLFormElement): Device | undefined {
  return (new FormData(form).get('device') ?? undefined) as Device | undefined;
}

function choice({ name, what, obstacle }: DeviceReport, checked: boolean): HTMLLabelElement {
  const label = document.createElement('label');
  label.className = 'choice';
  const input = document.createElement('input');
  Object.assign(input, { type: 'radio', name: 'device', value: name, checked, disabled: obstacle !== undefined });
  const small = document.createElement('small');
  small.textContent = obstacle ?? what;
  label.append(input, ` ${name} `, small);
  return label;
}
