// One short message at a time, shown at the foot of the page and read aloud.

class Say {
	message = $state('');
	link = $state<{ href: string; text: string } | undefined>();
	#timer: ReturnType<typeof setTimeout> | undefined;

	say(message: string, link?: { href: string; text: string }): void {
		clearTimeout(this.#timer);
		this.message = message;
		this.link = link;
		this.#timer = setTimeout(() => this.clear(), 8000);
	}

	clear(): void {
		clearTimeout(this.#timer);
		this.message = '';
		this.link = undefined;
	}
}

export const voice = new Say();
