import { beforeEach, describe, expect, it, vi } from 'vitest';
import { alone } from './generated/alone';

beforeEach(() => {
	vi.stubGlobal('document', {});
	return () => vi.unstubAllGlobals();
});

describe('alone', () => {
	it('runs without locks where there are none, and only once where the work fails', async () => {
		let runs = 0;
		const work = () => {
			runs += 1;
			return Promise.reject(new Error('lost'));
		};

		await expect(alone('a', work)).rejects.toThrow('lost');

		expect(runs).toBe(1);
	});
});
