import { tick } from 'svelte';

/** Moves the focus to the first field at fault, or where there is none to what is said of it. */
export async function focusFault(form: HTMLElement | undefined, note?: HTMLElement): Promise<void> {
	await tick();
	const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
	(field ?? note)?.focus();
}
