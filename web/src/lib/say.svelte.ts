// One short message at a time, shown at the foot of the page and read aloud.

/** What may be done about a message: a link to follow, or a button to press. */
export type More = { text: string } & ({ href: string } | { act: () => void });

class Say {
	message = $state('');
	more = $state.raw<More | undefined>();
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** A message with a button stays until it is answered, closed, or the page is left. */
	say(message: string, more?: More): void {
		clearTimeout(this.#timer);
		this.message = message;
		this.more = more;
		if (!more || 'href' in more) this.#timer = setTimeout(() => this.clear(), 8000);
	}

	clear(): void {
		clearTimeout(this.#timer);
		this.message = '';
		this.more = undefined;
	}
}

export const voice = new Say();
