//! What all routes and all types of the API have in common, put into the
//! description at one place: the envelope, and that an answer has all its fields.

use serde_json::{Map, Value, json};

/// The line of text that [`super::super::input::text`] takes; types name it `TEXT`.
const TEXT: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";

/// Puts the answers of the API into their envelope and adds what is said about each operation.
pub(super) fn operations(paths: &mut Value, additions: &Value) {
    let methods = entries(paths)
        .flat_map(|(path, item)| entries(item).map(move |(_, operation)| (path.as_str(), operation)));
    for (path, operation) in methods {
        let name = operation["operationId"].as_str().unwrap_or_default();
        if let Some(addition) = additions.get(name) {
            merge(operation, addition);
        }
        // A parameter is left out, never null.
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            if parameter["schema"]["type"].is_array() {
                parameter["schema"]["type"] = parameter["schema"]["type"][0].take();
            }
        }
        for (_, response) in entries(&mut operation["responses"]) {
            for (name, header) in response.get_mut("headers").into_iter().flat_map(entries) {
                *header = json!({ "$ref": format!("#/components/headers/{name}") });
            }
        }
        if path.starts_with("/api/") {
            envelop(&mut operation["responses"]);
        }
        if operation.get("security").is_none() {
            operation["security"] = json!([]);
        }
    }
}

fn envelop(responses: &mut Value) {
    for (status, response) in
        entries(responses).filter(|(status, _)| ["200", "202"].contains(&status.as_str()))
    {
        if response["description"] == "" && status == "200" {
            response["description"] = json!("成功 / Done");
        }
        if response.get("content").is_none() {
            response["content"] = json!({ "application/json": { "schema": { "type": "null" } } });
        }
        if let Some(content) = response["content"].get_mut("application/json") {
            let data = content["schema"].take();
            let own = json!({ "properties": { "data": data } });
            content["schema"] = json!({ "allOf": [{ "$ref": "#/components/schemas/Success" }, own] });
        }
    }
}

/// Completes the schemas of types, and adds those of `values`.
pub(super) fn schemas(schemas: &mut Value, values: &Value, additions: &Value) {
    let made = schemas.clone();
    for (_, schema) in entries(schemas) {
        if schema.get("allOf").is_some() {
            *schema = flattened(schema, &made);
        }
        if schema["type"] == "object" && schema.get("additionalProperties").is_none() {
            complete(schema);
        }
    }
    for (name, value) in values.as_object().into_iter().flatten() {
        schemas[name] = value.clone();
    }
    merge(schemas, additions);
    let text = schemas.to_string().replace(r#""TEXT""#, &json!(TEXT).to_string());
    *schemas = serde_json::from_str(&text).expect("it was JSON a moment ago");
}

/// A type into which the fields of others are flattened is one object in JSON.
fn flattened(schema: &Value, made: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()) {
        return flattened(&made[name], made);
    }
    let Some(parts) = schema["allOf"].as_array() else { return schema.clone() };
    let mut whole = json!({ "type": "object", "required": [], "properties": {} });
    for part in parts.iter().map(|part| flattened(part, made)) {
        merge(&mut whole["properties"], &part["properties"]);
        let required = part["required"].as_array().into_iter().flatten().cloned();
        whole["required"].as_array_mut().expect("it is one").extend(required);
    }
    if let Some(description) = schema.get("description") {
        whole["description"] = description.clone();
    }
    whole
}

/// The shop sends no field that is not described, and those that may be null are
/// sent as null: what is left out is only what the type can skip.
fn complete(schema: &mut Value) {
    let can_be_null = |field: &Value| field.to_string().contains(r#""null""#);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let all = schema["properties"].as_object().into_iter().flatten();
    let sent = all.filter(|(name, field)| can_be_null(field) || required.contains(&json!(name)));
    schema["required"] = sent.map(|(name, _)| json!(name)).collect();
    schema["additionalProperties"] = json!(false);
}

fn entries(object: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    object.as_object_mut().into_iter().flatten()
}

/// Lays `addition` over `value`, field by field.
fn merge(value: &mut Value, addition: &Value) {
    match (value, addition) {
        (Value::Object(fields), Value::Object(added)) => {
            for (name, addition) in added {
                merge(fields.entry(name).or_insert(Value::Object(Map::new())), addition);
            }
        }
        (value, addition) => *value = addition.clone(),
    }
}
