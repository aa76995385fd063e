// Draws `/admin/state`, every two seconds. Rates and latencies are those since the time before.

const EVERY_MS = 2000;
/** How many looks rates are taken over. */
const LOOKS = 5;

const $ = (id) => document.getElementById(id);
const looks = [];
let token = '';

/** The figures of a metric, by one of its labels and summed over the others. */
function sums(state, name, label) {
	const found = new Map();
	for (const sample of state.metrics) {
		if (sample.name !== name) continue;
		const key = sample.labels[label] ?? '';
		found.set(key, (found.get(key) ?? 0) + sample.value);
	}
	return found;
}

/** What an operation has done between two looks. */
function since(before, now, operation) {
	const of = (state, name, wanted = () => true) =>
		(state?.metrics ?? [])
			.filter((it) => it.name === name && it.labels.operation === operation && wanted(it.labels))
			.reduce((sum, it) => sum + it.value, 0);
	const rise = (name, wanted) => of(now, name, wanted) - of(before, name, wanted);
	const answers = rise('edge_request_seconds_count');
	const failed = rise('edge_request_seconds_count', (it) => it.class === '5xx');
	const bounds = new Set(
		now.metrics
			.filter((it) => it.name === 'edge_request_seconds_bucket' && it.labels.operation === operation)
			.map((it) => it.labels.le)
	);
	const buckets = [...bounds]
		.map((le) => [le === '+Inf' ? Infinity : Number(le), rise('edge_request_seconds_bucket', (it) => it.le === le)])
		.sort(([a], [b]) => a - b);
	const seconds = before ? (Date.parse(now.at) - Date.parse(before.at)) / 1000 : 0;
	return {
		rate: seconds > 0 ? answers / seconds : 0,
		answers,
		failed,
		p50: quantile(buckets, answers, 0.5),
		p99: quantile(buckets, answers, 0.99),
		kept: rise('edge_cache_total', (it) => it.found !== 'miss') / rise('edge_cache_total')
	};
}

/** In milliseconds, evenly within a bucket; the last bound for what is above all. */
function quantile(buckets, answers, part) {
	if (answers <= 0) return NaN;
	let [below, before] = [0, 0];
	for (const [bound, count] of buckets) {
		if (count >= answers * part) {
			if (bound === Infinity) return below * 1000;
			const within = count > before ? (answers * part - before) / (count - before) : 1;
			return (below + (bound - below) * within) * 1000;
		}
		[below, before] = [bound, count];
	}
	return NaN;
}

const number = (it, digits = 1) => (Number.isFinite(it) ? it.toFixed(digits) : '–');

function row(cells) {
	const tr = document.createElement('tr');
	for (const cell of cells) {
		const td = document.createElement('td');
		const { text, below, kind } = typeof cell === 'object' ? cell : { text: cell };
		td.textContent = text;
		if (kind) td.className = kind;
		if (below) {
			const small = document.createElement('small');
			small.textContent = below;
			td.append(document.createElement('br'), small);
		}
		tr.append(td);
	}
	return tr;
}

const fill = (table, rows) => $(table).tBodies[0].replaceChildren(...rows);

function settings(it) {
	const told = [`${it.timeout_ms} ms`, `body ${it.body_limit}`];
	if (it.priority !== 'normal') told.push(`${it.priority} priority`);
	if (it.throttle) told.push(`${it.throttle.burst} in ${number(it.throttle.window_s, 0)} s`);
	if (it.cache) told.push(`kept ${it.cache.ttl_s} s${it.cache.public ? ' for all' : ''}`);
	if (it.retry) told.push('repeated');
	if (it.stream) told.push('stream');
	if (!it.validated) told.push('not validated');
	return told.join(', ');
}

function draw(state) {
	const before = looks.length > 1 ? looks[0] : undefined;
	const wanted = $('find').value.toLowerCase();
	const operations = state.operations
		.filter((it) => `${it.id} ${it.arn}`.toLowerCase().includes(wanted))
		.map((it) => ({ ...it, ...since(before, state, it.id) }))
		.sort((a, b) => b.rate - a.rate || a.arn.localeCompare(b.arn));
	fill(
		'operations',
		operations.map((it) =>
			row([
				{ text: it.id, below: it.arn.split(':').pop() },
				it.access,
				{ text: number(it.rate), kind: 'n' },
				{ text: it.failed || '–', kind: it.failed ? 'n bad' : 'n' },
				{ text: number(it.p50), kind: 'n' },
				{ text: number(it.p99), kind: 'n' },
				{ text: Number.isFinite(it.kept) ? `${number(it.kept * 100, 0)} %` : '–', kind: 'n' },
				settings(it)
			])
		)
	);
	fill(
		'decisions',
		state.decisions.map((it) =>
			row([
				it.at.slice(11, 23),
				{ text: `${it.method} ${it.path ?? '(no route)'}`, below: it.request_id },
				{ text: it.status, kind: it.status >= 500 ? 'n bad' : 'n' },
				{ text: number(it.ms), below: it.service_ms == null ? '' : `service ${number(it.service_ms)}`, kind: 'n' },
				it.decided_by,
				it.why ?? ''
			])
		)
	);
	const canaries = new Map(state.canaries.map((it) => [it.service, it]));
	const services = [...new Set(state.operations.map((it) => it.service))];
	const breakers = state.metrics.filter((it) => it.name === 'upstream_endpoints' && it.value > 0);
	fill('services', [
		...services.map((service) => {
			const canary = canaries.get(service);
			const told = canary && (canary.rolled_back ? `rolled back: ${canary.rolled_back}` : `${canary.percent} % at ${canary.url}`);
			return row([service, { text: told ?? '', kind: canary?.rolled_back ? 'bad' : '' }]);
		}),
		...breakers.map((it) =>
			row([it.labels.upstream, { text: `${it.value} ${it.labels.state}`, kind: it.labels.state === 'closed' ? '' : 'bad' }])
		)
	]);
	fill(
		'plans',
		Object.entries(state.plans).map(([name, it]) =>
			row([
				name,
				it.groups.join(', '),
				{ text: it.rate_per_s, kind: 'n' },
				{ text: it.burst, kind: 'n' },
				{ text: it.per_day ?? '–', kind: 'n' }
			])
		)
	);
	const inFlight = [...sums(state, 'edge_in_flight', '').values()][0] ?? 0;
	const kept = state.cache ? `, ${state.cache.answers} answers kept (${number(state.cache.bytes / 1024, 0)} KiB)` : '';
	const stage = state.stage ? `Stage ${state.stage}. ` : '';
	return `${stage}${inFlight} requests under way${kept}.`;
}

async function look() {
	try {
		const headers = token ? { authorization: `Bearer ${token}` } : {};
		const answer = await fetch('/admin/state', { headers, cache: 'no-store' });
		const may = answer.ok;
		$('main').hidden = !may;
		$('sign-in').hidden = may || ![401, 403].includes(answer.status);
		if (!may) {
			const problem = await answer.json();
			$('state').textContent = problem.detail ?? problem.title;
			return;
		}
		const state = await answer.json();
		looks.push(state);
		if (looks.length > LOOKS) looks.shift();
		const ready = await (await fetch('/readyz', { cache: 'no-store' })).text();
		$('state').textContent = `${draw(state)}\n${ready.trim()}`;
	} catch {
		$('state').textContent = 'The gateway does not answer.';
	}
}

$('sign-in').addEventListener('submit', (event) => {
	event.preventDefault();
	token = $('token').value.trim();
	look();
});
$('find').addEventListener('input', () => looks.length && draw(looks.at(-1)));

await look();
setInterval(look, EVERY_MS);
