import { beforeEach, expect, test, vi } from 'vitest';
import { Problem } from './api/problem';
import { sendPicture } from './picture';

const shop = vi.hoisted(() => ({ POST: vi.fn(), PUT: vi.fn() }));
vi.mock('./api/client', () => ({ api: () => shop }));

const photo = new File(['a photo'], 'basil.png', { type: 'image/png' });
const offer = {
	name: 'an-upload',
	url: 'https://bucket.example/uploads/1?signature',
	headers: { 'content-type': 'image/png', 'if-none-match': '*' },
	expires_in: 300
};

function refusal(slug: string, status: number) {
	const error = { type: `/problems/${slug}`, title: slug, status };
	return { error, response: new Response(null, { status }) };
}

beforeEach(() => {
	vi.resetAllMocks();
	vi.stubGlobal('fetch', vi.fn());
});

test('a picture goes to the bucket where there is one, without whoever sends it being known', async () => {
	const product = { data: { name: 'Basil' }, response: new Response() };
	shop.POST.mockResolvedValueOnce({ data: offer, response: new Response() });
	shop.POST.mockResolvedValueOnce(product);
	vi.mocked(fetch).mockResolvedValue(new Response());

	const answer = await sendPicture('1', '"2"', photo);

	expect(answer).toBe(product);
	expect(shop.POST.mock.calls[0]?.[1].body).toEqual({ media_type: 'image/png', size: 7 });
	expect(fetch).toHaveBeenCalledWith(offer.url, {
		method: 'PUT',
		headers: offer.headers,
		body: photo,
		credentials: 'omit'
	});
	expect(shop.PUT).not.toHaveBeenCalled();
});

test('it goes through the shop where that keeps pictures in a folder', async () => {
	shop.POST.mockResolvedValueOnce(refusal('no-direct-uploads', 409));
	shop.PUT.mockResolvedValueOnce('the product');

	expect(await sendPicture('1', '"2"', photo)).toBe('the product');
	expect(fetch).not.toHaveBeenCalled();
});

test('what the shop or the bucket refuses is refused, and nothing else is tried', async () => {
	shop.POST.mockResolvedValueOnce(refusal('precondition-failed', 412));
	await expect(sendPicture('1', '"2"', photo)).rejects.toBeInstanceOf(Problem);

	shop.POST.mockResolvedValueOnce({ data: offer, response: new Response() });
	vi.mocked(fetch).mockResolvedValue(new Response(null, { status: 403 }));
	await expect(sendPicture('1', '"2"', photo)).rejects.toMatchObject({ status: 403 });

	shop.POST.mockResolvedValueOnce({ data: offer, response: new Response() });
	vi.mocked(fetch).mockRejectedValue(new TypeError('offline'));
	await expect(sendPicture('1', '"2"', photo)).rejects.toMatchObject({ status: 0 });
	expect(shop.PUT).not.toHaveBeenCalled();
});
