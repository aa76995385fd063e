import { beforeEach, expect, test, vi } from 'vitest';
import { Problem } from './api/problem';
import { sendPicture } from './picture';

const shop = vi.hoisted(() => ({
	beginImageUpload: vi.fn(),
	finishImageUpload: vi.fn(),
	setImage: vi.fn()
}));
vi.mock('./api/client', () => ({ api: () => shop, SLOW: 1 }));

const photo = new File(['a photo'], 'basil.png', { type: 'image/png' });
const offer = {
	name: 'an-upload',
	url: 'https://bucket.example/uploads/1?signature',
	headers: { 'content-type': 'image/png', 'if-none-match': '*' },
	expires_in: 300
};

function refusal(slug: string, status: number) {
	return new Problem({ type: `/problems/${slug}`, title: slug, status });
}

beforeEach(() => {
	vi.resetAllMocks();
	vi.stubGlobal('fetch', vi.fn());
});

test('a picture goes to the bucket where there is one, without whoever sends it being known', async () => {
	const product = { name: 'Basil' };
	shop.beginImageUpload.mockResolvedValueOnce(offer);
	shop.finishImageUpload.mockResolvedValueOnce(product);
	vi.mocked(fetch).mockResolvedValue(new Response());

	const answer = await sendPicture('1', '"2"', photo, {});

	expect(answer).toBe(product);
	expect(shop.beginImageUpload).toHaveBeenCalledWith({
		id: '1',
		'If-Match': '"2"',
		body: { media_type: 'image/png', size: 7 }
	});
	expect(fetch).toHaveBeenCalledWith(offer.url, {
		method: 'PUT',
		headers: offer.headers,
		body: photo,
		credentials: 'omit'
	});
	expect(shop.setImage).not.toHaveBeenCalled();
});

test('it goes through the shop where that keeps pictures in a folder', async () => {
	shop.beginImageUpload.mockRejectedValueOnce(refusal('no-direct-uploads', 409));
	shop.setImage.mockResolvedValueOnce('the product');

	expect(await sendPicture('1', '"2"', photo, {})).toBe('the product');
	expect(fetch).not.toHaveBeenCalled();
});

test('what the shop or the bucket refuses is refused, and nothing else is tried', async () => {
	shop.beginImageUpload.mockRejectedValueOnce(refusal('precondition-failed', 412));
	await expect(sendPicture('1', '"2"', photo, {})).rejects.toBeInstanceOf(Problem);

	shop.beginImageUpload.mockResolvedValueOnce(offer);
	vi.mocked(fetch).mockResolvedValue(new Response(null, { status: 403 }));
	await expect(sendPicture('1', '"2"', photo, {})).rejects.toMatchObject({ status: 403 });

	shop.beginImageUpload.mockResolvedValueOnce(offer);
	vi.mocked(fetch).mockRejectedValue(new TypeError('offline'));
	await expect(sendPicture('1', '"2"', photo, {})).rejects.toMatchObject({ status: 0 });
	expect(shop.setImage).not.toHaveBeenCalled();
});
