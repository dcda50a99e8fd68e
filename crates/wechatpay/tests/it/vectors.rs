//! The published signatures, and more that three other implementations agree on.

use serde_json::Value;
use wechatpay::v2::{ApiKey, Fields, SignType, sign, string_to_sign, verify};

fn vectors() -> serde_json::Map<String, Value> {
    serde_json::from_str(include_str!("../vectors.json")).unwrap()
}

fn params(vector: &Value) -> Fields {
    let params = vector["params"].as_object().unwrap();
    params.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().into())).collect()
}

fn agrees(vector: &Value, name: &str, sign_type: SignType) -> usize {
    let Some(expected) = vector[name].as_str() else {
        return 0;
    };
    let key = ApiKey::new(vector["key"].as_str().unwrap()).unwrap();
    let mut message = params(vector);
    assert_eq!(sign(&message, &key, sign_type), expected);
    message.insert("sign".into(), expected.into());
    assert_eq!(verify(&message, &key, sign_type), Ok(()));
    1
}

#[test]
fn every_vector_agrees() {
    let (mut md5, mut hmac) = (0, 0);
    for vector in vectors().values() {
        md5 += agrees(vector, "md5", SignType::Md5);
        hmac += agrees(vector, "hmac_sha256", SignType::HmacSha256);
    }
    assert_eq!((md5, hmac), (4, 3));
}

#[test]
fn the_string_to_sign_is_the_published_one() {
    let vector = &vectors()["v2_official_doc"];
    let key = ApiKey::new(vector["key"].as_str().unwrap()).unwrap();
    assert_eq!(string_to_sign(&params(vector), &key), vector["string_to_sign"].as_str().unwrap());
}
