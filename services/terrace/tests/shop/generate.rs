//! Values that a schema describes, and what a careless or hostile client makes of them: for tests
//! that compare readers of one document.

use proptest::{
    strategy::{Strategy, ValueTree},
    string::string_regex,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

/// Draws the same values at every run.
pub(crate) struct Draw<'a> {
    document: &'a Value,
    runner: TestRunner,
}

impl<'a> Draw<'a> {
    pub(crate) fn new(document: &'a Value) -> Self {
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        Self {
            document,
            runner: TestRunner::new_with_rng(Default::default(), rng),
        }
    }

    fn draw<T>(&mut self, strategy: impl Strategy<Value = T>) -> T {
        let tree = strategy.new_tree(&mut self.runner);
        tree.expect("a strategy draws").current()
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.draw(0..end)
    }

    /// In `percent` of all cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'v>(&mut self, values: &'v [Value]) -> &'v Value {
        &values[self.below(values.len())]
    }

    /// A value that this schema describes.
    pub(crate) fn valid(&mut self, schema: &Value) -> Value {
        let document = self.document;
        if let Some(reference) = schema["$ref"].as_str() {
            let target = document.pointer(reference.trim_start_matches('#'));
            return self.valid(target.expect("a reference leads somewhere"));
        }
        if schema.get("example").is_some() && self.chance(20) {
            return schema["example"].clone();
        }
        if let Some(forms) = schema["oneOf"].as_array() {
            let form = self.pick(forms).clone();
            return self.valid(&form);
        }
        if let Some(options) = schema["enum"].as_array() {
            return self.pick(options).clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => self.pick(kinds).clone(),
            kind => kind.clone(),
        };
        match kind.as_str() {
            Some("object") => self.object(schema),
            Some("array") => {
                let length = self.below(3);
                (0..length).map(|_| self.valid(&schema["items"])).collect()
            }
            Some("integer") => self.integer(schema),
            Some("boolean") => self.chance(50).into(),
            Some("null") => Value::Null,
            _ => self.text(schema).into(),
        }
    }

    fn object(&mut self, schema: &Value) -> Value {
        let mut object = serde_json::Map::new();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, described) in schema["properties"].as_object().into_iter().flatten() {
            if required.contains(&json!(name)) || self.chance(50) {
                object.insert(name.clone(), self.valid(described));
            }
        }
        if schema["additionalProperties"].is_object() {
            for _ in 0..self.below(3) {
                let name = self.valid(&schema["propertyNames"]);
                let value = self.valid(&schema["additionalProperties"]);
                object.insert(name.as_str().unwrap_or("name").to_owned(), value);
            }
        }
        Value::Object(object)
    }

    fn integer(&mut self, schema: &Value) -> Value {
        let least = schema["minimum"].as_i64().unwrap_or(0);
        let most = schema["maximum"].as_i64().unwrap_or(1_000_000);
        let number = match self.below(4) {
            0 => least,
            1 => most,
            _ => self.draw(least..=most.min(least + 1000)),
        };
        match self.chance(10) && most < 1 << 50 {
            true => json!(number as f64),
            false => json!(number),
        }
    }

    fn text(&mut self, schema: &Value) -> String {
        if schema["format"] == "uuid" {
            let id = uuid::Uuid::from_u128(self.draw(0..u128::MAX));
            return match self.below(4) {
                0 => id.simple().to_string(),
                _ => id.to_string(),
            };
        }
        if schema["format"] == "email" {
            return self.draw("[a-z]{1,12}@[a-z]{1,12}\\.example");
        }
        let least = schema["minLength"].as_u64().unwrap_or(0) as usize;
        let most = schema["maxLength"].as_u64().unwrap_or(40) as usize;
        let pattern = match schema["pattern"].as_str() {
            Some(pattern) => pattern
                .trim_start_matches('^')
                .trim_end_matches('$')
                .to_owned(),
            None => format!("\\PC{{{least},{}}}", most.min(least + 40)),
        };
        let strategy = string_regex(&pattern).expect("a pattern is one");
        for _ in 0..50 {
            let text = self.draw(&strategy);
            if (least..=most).contains(&text.chars().count()) {
                return text;
            }
        }
        "x".repeat(most.min(least.max(1)))
    }

    /// The same with something about it changed, mostly for the worse.
    pub(crate) fn bent(&mut self, mut value: Value) -> Value {
        let mut pointers = vec![String::new()];
        collect(&value, "", &mut pointers);
        let pointer = pointers[self.below(pointers.len())].clone();
        let here = value
            .pointer_mut(&pointer)
            .expect("it was found a line ago");
        let other = match self.below(14) {
            0 => Value::Null,
            1 => json!(-1),
            2 => json!(0),
            3 => json!(1.5),
            4 => json!(1e30),
            5 => json!(u64::MAX),
            6 => json!(true),
            7 => json!([here.clone()]),
            8 => json!({ "something": here.clone() }),
            9 => json!(here.to_string()),
            10 => json!("x".repeat(5000)),
            11 => json!(format!("{}\u{7}", here.as_str().unwrap_or_default())),
            12 => json!(format!(" {}\n", here.as_str().unwrap_or_default())),
            _ => json!(""),
        };
        match here {
            Value::Object(members) if !members.is_empty() && self.chance(40) => {
                let names: Vec<String> = members.keys().cloned().collect();
                members.remove(&names[self.below(names.len())]);
            }
            Value::Object(members) if self.chance(60) => {
                members.insert("something".to_owned(), json!(1));
            }
            _ => *here = other,
        }
        value
    }
}

fn collect(value: &Value, at: &str, pointers: &mut Vec<String>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(k, v)| (k.to_string(), v))
            .collect(),
        _ => return,
    };
    for (name, member) in members {
        let name = name.replace('~', "~0").replace('/', "~1");
        let pointer = format!("{at}/{name}");
        collect(member, &pointer, pointers);
        pointers.push(pointer);
    }
}
