DROP TABLE IF EXISTS `tb_order_item`;
CREATE TABLE `tb_order_item` (
  `id` varchar(50) COLLATE utf8_bin NOT NULL,
  `category_id1` int(11) DEFAULT NULL,
  `category_id2` int(11) DEFAULT NULL,
  `category_id3` int(11) DEFAULT NULL,
  `spu_id` varchar(20) COLLATE utf8_bin DEFAULT NULL,
  `sku_id` bigint(20) NOT NULL,
  `order_id` varchar(50) COLLATE utf8_bin NOT NULL,
  `name` varchar(200) COLLATE utf8_bin DEFAULT NULL,
  `price` int(20) DEFAULT NULL,
  `num` int(10) DEFAULT NULL,
  `money` int(20) DEFAULT NULL,
  `pay_money` int(11) DEFAULT NULL,
  `image` varchar(200) COLLATE utf8_bin DEFAULT NULL,
  `weight` int(11) DEFAULT NULL,
  `post_fee` int(11) DEFAULT NULL,
  `is_return` char(1) COLLATE utf8_bin DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `item_id` (`sku_id`),
  KEY `order_id` (`order_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_bin;
