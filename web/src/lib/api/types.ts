// The names by which pages know what the API answers.

import type { components, Input } from './generated';

type Schemas = components['schemas'];

export type Tokens = Schemas['Tokens'];
export type Me = Schemas['Me'];
export type SecondFactors = Schemas['SecondFactors'];
export type StepUpProof = Schemas['StepUp'];
export type PasskeyProof = Schemas['PasskeyProof'];
export type ProviderAnswer = Schemas['ProviderAnswer'];
export type LinkedProvider = Schemas['LinkedView'];
export type SignedInDevice = Schemas['SessionView'];
export type PersonFound = Schemas['PersonView'];
export type Person = Schemas['Person'];
export type Group = Schemas['Group'];
export type AuditEntry = Schemas['EntryView'];
export type Address = Schemas['Address'];
export type Category = Schemas['Category'];
export type Facets = Schemas['Facets'];
export type PriceFacet = Schemas['PriceFacet'];
export type ProductPage = Schemas['ProductPage'];
export type Product = Schemas['Product'];
export type ProductDetail = Schemas['ProductDetail'];
export type ProductQuery = Input<'list_products'>;
export type Sort = NonNullable<ProductQuery['sort']>;
export type SeenByTab = Schemas['RecordClicks'];
export type Cart = Schemas['Cart'];
export type CartItem = Schemas['CartItem'];
export type Order = Schemas['Order'];
export type PlaceOrder = Schemas['PlaceOrder'];
export type Sales = Schemas['Sales'];
export type SalesSummary = Schemas['SalesSummary'];
export type Outcomes = Schemas['Outcomes'];
export type QueryAnswer = Schemas['QueryAnswer'];

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
