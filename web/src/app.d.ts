import type { Problem } from '$lib/api/problem';

declare global {
	namespace App {
		interface Error {
			message: string;
			problem?: Problem['document'];
		}
	}
}

export {};
