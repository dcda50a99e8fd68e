//! Backup of a running shop, and restore.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::backup::{said, script};
use crate::support::program::Place;
use crate::support::servers;
use crate::support::shop::Shop;

fn restores(database: &str, copy: &Path) -> Output {
    script("restore.sh", database, copy).output().expect("there is bash")
}

fn copies(folder: &Path, database: &str) -> PathBuf {
    let copied = script("backup.sh", database, folder).output().expect("there is bash");
    assert!(copied.status.success(), "{}", said(&copied));
    String::from_utf8(copied.stdout).unwrap().trim().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_shop_is_restored_completely() {
    Shop::run(async |shop| {
        let place = Place::new();
        if servers::is_tidb() {
            return is_told_to_copy_otherwise(&place, shop);
        }
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        let copy = copies(&place.folder, &shop.running.app.settings.database_url);
        buyer.buys(&sku, 1).await;

        let elsewhere = servers::fresh_database(&place.folder).await;
        let restored = restores(&elsewhere, &copy);
        assert!(restored.status.success(), "{}", said(&restored));
        assert!(said(&restored).contains(" laws hold"), "{}", said(&restored));
        let id = order["id"].as_str().unwrap();
        let shown = place.says(&["order", "show", id, "--database-url", &elsewhere]);
        assert!(shown.contains(id), "{shown}");

        let again = restores(&elsewhere, &copy);
        match servers::mysql() {
            Some(_) => assert!(said(&again).contains("restore into an empty one"), "{}", said(&again)),
            None => assert!(said(&again).contains("what was there is now"), "{}", said(&again)),
        }
        servers::drop_database(&elsewhere).await;
    })
    .await;
}

fn is_told_to_copy_otherwise(place: &Place, shop: &Shop) {
    let refused =
        script("backup.sh", &shop.running.app.settings.database_url, &place.folder).output().unwrap();
    assert!(!refused.status.success() && said(&refused).contains("BR or Dumpling"), "{}", said(&refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_not_restored() {
    if servers::is_tidb() {
        return;
    }
    Shop::run(async |shop| {
        let place = Place::new();
        let copy = copies(&place.folder, &shop.running.app.settings.database_url);
        let mut bytes = std::fs::read(&copy).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        std::fs::write(&copy, bytes).unwrap();
        let elsewhere = servers::fresh_database(&place.folder).await;
        let refused = restores(&elsewhere, &copy);
        assert!(!refused.status.success() && said(&refused).contains("is damaged"), "{}", said(&refused));
        servers::drop_database(&elsewhere).await;
    })
    .await;
}
