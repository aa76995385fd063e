// The names by which pages know what the API answers.

import type { Paths } from './client';

type Json<R> = R extends { content: { 'application/json': infer T } } ? T : never;
type Ok<O, S extends number> = O extends { responses: infer R }
	? S extends keyof R
		? Json<R[S]>
		: never
	: never;

export type Tokens = Ok<Paths['/v1/sessions']['post'], 201>;
export type Me = Tokens['user'];
export type Address = Ok<Paths['/v1/me/addresses']['post'], 201>;
export type Category = Ok<Paths['/v1/categories']['get'], 200>['items'][number];
export type ProductPage = Ok<Paths['/v1/products']['get'], 200>;
export type Product = ProductPage['items'][number];
export type ProductDetail = Ok<Paths['/v1/products/{id}']['get'], 200>;
export type ProductQuery = NonNullable<Paths['/v1/products']['get']['parameters']['query']>;
export type Sort = NonNullable<ProductQuery['sort']>;
export type Cart = Ok<Paths['/v1/cart']['get'], 200>;
export type CartItem = Cart['items'][number];
export type Order = Ok<Paths['/v1/orders/{id}']['get'], 200>;
export type OrderPage = Ok<Paths['/v1/orders']['get'], 200>;
export type OrderInList = OrderPage['items'][number];
export type OrderStatus = Order['status'];

/** What an address form fills in. */
export interface AddressFields {
	name: string;
	line1: string;
	line2: string;
	city: string;
	region: string;
	postal_code: string;
	country: string;
}
