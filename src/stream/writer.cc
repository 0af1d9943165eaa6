#include "stream/writer.h"

namespace warder::stream {
namespace {

std::string info_of(std::string_view stream) {
  return "warder-stream/1 " + std::string(stream);
}

std::string associated_of(std::uint64_t number, RecordKind kind) {
  return std::to_string(number) + " " + std::string(name(kind));
}

}  // namespace

Result<BatchWriter> BatchWriter::create(const StreamKey& key, const crypto::HpkePublicKey& receiver,
                                        const ChainPlace& place) {
  return BatchWriter(key, WD_TRY(crypto::HpkeContext::make(receiver, info_of(key.name))), place);
}

void BatchWriter::add(RecordKind kind, Timestamp time, Timestamp next, std::string_view body) {
  Record record;
  record.stream = key_->name;
  record.number = place_.number + 1;
  record.time = time;
  record.next = next;
  record.kind = kind;
  record.before = place_.last;
  record.key = sender_.encapsulated;
  record.place = records_.size();
  record.body = sender_.context.seal(record.place, as_bytes(associated_of(record.number, kind)), as_bytes(body));
  place_ = {record.number, hash_of(record)};
  records_.push_back(std::move(record));
}

std::vector<Record> BatchWriter::finish() && {
  if (!records_.empty())
    records_.back().signature = key_->key.sign(signed_text(key_->name, place_.number, place_.last));
  return std::move(records_);
}

Result<std::string> BodyReader::read(const Record& record) {
  if (!context_ || encapsulated_ != record.key || stream_ != record.stream) {
    context_ = WD_TRY(crypto::HpkeContext::open(key_, record.key, info_of(record.stream)));
    encapsulated_ = record.key;
    stream_ = record.stream;
  }
  const Bytes text =
      WD_TRY(context_->unseal(record.place, as_bytes(associated_of(record.number, record.kind)), record.body));
  return std::string(as_text(text));
}

}  // namespace warder::stream
