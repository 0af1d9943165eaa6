#!/usr/bin/env python3
"""A Kafka cluster of one broker: librdkafka's own mock, which keeps messages in memory and speaks the protocol over TCP.

    kafka_broker.py TOPIC      prints HOST:PORT; the lines "down" and "up" on its input end and begin its service
"""
import ctypes
import sys

PRODUCER, BROKER, PARTITIONS = 0, 1, 3

lib = ctypes.CDLL("librdkafka.so.1")
for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
    getattr(lib, name).restype = ctypes.c_void_p
lib.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p

why = ctypes.create_string_buffer(512)
handle = lib.rd_kafka_new(PRODUCER, ctypes.c_void_p(lib.rd_kafka_conf_new()), why, ctypes.c_size_t(len(why)))
cluster = ctypes.c_void_p(lib.rd_kafka_mock_cluster_new(ctypes.c_void_p(handle), 1))
lib.rd_kafka_mock_topic_create(cluster, sys.argv[1].encode(), PARTITIONS, 1)
print(lib.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
for line in sys.stdin:
    {"down": lib.rd_kafka_mock_broker_set_down, "up": lib.rd_kafka_mock_broker_set_up}[line.strip()](cluster, BROKER)
    print("done", flush=True)
