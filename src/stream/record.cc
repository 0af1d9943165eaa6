#include "stream/record.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"

namespace warder::stream {
namespace {

constexpr std::array<std::pair<RecordKind, std::string_view>, 6> kKinds{{{RecordKind::Started, "started"},
                                                                         {RecordKind::Stopped, "stopped"},
                                                                         {RecordKind::Changed, "changed"},
                                                                         {RecordKind::Heartbeat, "heartbeat"},
                                                                         {RecordKind::Event, "event"},
                                                                         {RecordKind::Lost, "lost"}}};

// All members but the signature; the brace is open.
std::string head_of(const Record& record) {
  std::string text;
  text.reserve(record.body.size() * 4 / 3 + 512);
  text += "{\"stream\":" + json::serialize(json::string(record.stream));
  text += ",\"number\":" + std::to_string(record.number);
  text += ",\"time\":\"" + to_rfc3339(record.time) + "\",\"next\":\"" + to_rfc3339(record.next);
  text += "\",\"kind\":\"";
  text += name(record.kind);
  text += "\",\"before\":\"" + to_base64(record.before) + "\",\"key\":\"" + to_base64(record.key);
  text += "\",\"place\":" + std::to_string(record.place) + ",\"body\":\"" + to_base64(record.body) + "\"";
  return text;
}

Result<RecordKind> parse_kind(std::string_view text) {
  for (const auto& [kind, word] : kKinds)
    if (word == text) return kind;
  return fail(ErrorCode::Invalid, "/kind: is none");
}

template <std::size_t kSize>
Result<std::array<std::uint8_t, kSize>> read_array(const json::object& object, std::string_view key) {
  const Bytes bytes = WD_TRY(from_base64(WD_TRY(get_string(object, key))));
  std::array<std::uint8_t, kSize> array{};
  if (bytes.size() != kSize) return fail(ErrorCode::Invalid, "a member of another length");
  std::ranges::copy(bytes, array.begin());
  return array;
}

Result<std::uint64_t> read_count(const json::object& object, std::string_view key) {
  const std::int64_t number = WD_TRY(get_int(object, key));
  if (number < 0) return fail(ErrorCode::Invalid, "a negative number");
  return static_cast<std::uint64_t>(number);
}

}  // namespace

std::string_view name(RecordKind kind) noexcept {
  for (const auto& [each, word] : kKinds)
    if (each == kind) return word;
  return "";
}

std::string to_line(const Record& record) {
  std::string line = head_of(record);
  if (record.signature) line += ",\"signature\":\"" + to_base64(*record.signature) + "\"";
  return line += '}';
}

Result<Record> parse_line(std::string_view line) {
  const json::value value = WD_TRY(parse_json(line, kMaxLineBytes, 4));
  const json::object* const object = value.if_object();
  if (object == nullptr) return fail(ErrorCode::Invalid, "no record of a stream");
  Record record;
  record.stream = WD_TRY(get_string(*object, "stream"));
  record.number = WD_TRY(read_count(*object, "number"));
  record.time = WD_TRY(parse_rfc3339(WD_TRY(get_string(*object, "time"))));
  record.next = WD_TRY(parse_rfc3339(WD_TRY(get_string(*object, "next"))));
  record.kind = WD_TRY(parse_kind(WD_TRY(get_string(*object, "kind"))));
  record.before = WD_TRY(read_array<32>(*object, "before"));
  record.key = WD_TRY(read_array<32>(*object, "key"));
  record.place = WD_TRY(read_count(*object, "place"));
  record.body = WD_TRY(from_base64(WD_TRY(get_string(*object, "body"))));
  if (object->contains("signature")) record.signature = WD_TRY(read_array<64>(*object, "signature"));
  if (record.number == 0 || to_line(record) != line) return fail(ErrorCode::Invalid, "not as a stream writes it");
  return record;
}

crypto::Digest hash_of(const Record& record) {
  return crypto::sha256(as_bytes(head_of(record)));
}

Bytes signed_text(std::string_view stream, std::uint64_t number, const crypto::Digest& hash) {
  Bytes text;
  append(text, as_bytes("warder-stream/1\n"));
  append(text, as_bytes(stream));
  append(text, as_bytes("\n" + std::to_string(number) + "\n"));
  append(text, hash);
  return text;
}

}  // namespace warder::stream
