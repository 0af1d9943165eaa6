#include "crypto/signed_note.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"

namespace warder::crypto {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // U+2014
// c2sp.org/signed-note, signature types.
constexpr std::uint8_t kEd25519 = 1;
constexpr std::uint8_t kCosignature = 4;
constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kMaxSignatures = 100;
constexpr std::size_t kMaxName = 255;
// Every character with the property White_Space (PropList.txt) beyond ASCII, in UTF-8.
constexpr std::string_view kWideSpaces[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83",
    "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A",
    "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || !is_utf8(name)) return false;
  const auto is_bad = [](char c) { return is_control(c) || c == ' ' || c == '+'; };
  const auto has = [&](std::string_view space) { return name.find(space) != std::string_view::npos; };
  return std::ranges::none_of(name, is_bad) && std::ranges::none_of(kWideSpaces, has);
}

bool is_note_text(std::string_view text) {
  return text.ends_with('\n') && text.size() <= kMaxNoteBytes && is_utf8(text) &&
         std::ranges::none_of(text, [](char c) { return is_control(c) && c != '\n'; });
}

/// SHA-256(name | newline | type | key), its first bytes.
Bytes key_id(std::uint8_t type, std::string_view name, const PublicKey& key) {
  Bytes named;
  append(named, as_bytes(name));
  named.push_back('\n');
  named.push_back(type);
  append(named, key);
  const Digest digest = sha256(named);
  return {digest.begin(), digest.begin() + kIdBytes};
}

struct SignatureLine {
  std::string_view name;
  Bytes id;
  Bytes signature;
};

Result<SignatureLine> parse_signature(std::string_view line) {
  const auto wrong = [] { return fail(ErrorCode::Invalid, "note: a line of signatures is not one"); };
  if (!line.starts_with(kDash)) return wrong();
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space))) return wrong();
  const auto bytes = from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() <= kIdBytes) return wrong();
  return SignatureLine{
      line.substr(0, space), {bytes->begin(), bytes->begin() + kIdBytes}, {bytes->begin() + kIdBytes, bytes->end()}};
}

struct NoteParts {
  std::string_view text;
  std::vector<SignatureLine> signatures;
};

Result<NoteParts> parse_note(std::string_view note) {
  if (!is_note_text(note)) return fail(ErrorCode::Invalid, "note: not lines of text, or too long");
  const std::size_t blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return fail(ErrorCode::Invalid, "note: no signatures");
  NoteParts parts;
  parts.text = note.substr(0, blank + 1);
  std::string_view rest = note.substr(blank + 2);
  while (!rest.empty()) {
    if (parts.signatures.size() == kMaxSignatures) return fail(ErrorCode::Invalid, "note: too many signatures");
    const std::size_t end = rest.find('\n');
    parts.signatures.push_back(WD_TRY(parse_signature(rest.substr(0, end))));
    rest.remove_prefix(end + 1);
  }
  if (parts.signatures.empty()) return fail(ErrorCode::Invalid, "note: no signatures");
  return parts;
}

std::string key_text(std::uint8_t type, std::string_view name, const PublicKey& key) {
  Bytes typed{type};
  append(typed, key);
  return std::string{name}.append("+").append(to_hex(key_id(type, name, key))).append("+") + to_base64(typed);
}

/// A key with the members `name` and `key`.
template <class Key>
Result<Key> parse_key(std::uint8_t type, std::string_view text) {
  const auto wrong = [](std::string_view what) { return fail(ErrorCode::Invalid, "key: " + std::string{what}); };
  // Base64 may hold '+': only the first two divide.
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return wrong("not name+id+key");
  Key out;
  out.name = text.substr(0, first);
  if (!is_key_name(out.name)) return wrong("a name that no key can have");
  const Bytes typed = WD_TRY(from_base64(text.substr(second + 1)).in("key"));
  if (typed.size() != 1 + out.key.size() || typed.front() != type) return wrong("not an Ed25519 key for this");
  std::copy(typed.begin() + 1, typed.end(), out.key.begin());
  if (to_hex(key_id(type, out.name, out.key)) != text.substr(first + 1, second - first - 1))
    return wrong("its id is another key's");
  return out;
}

std::string signature_line(std::string_view name, const Bytes& signature) {
  return std::string{kDash}.append(name).append(" ") + to_base64(signature) + "\n";
}

/// What a witness signs: the time stands before the note's text.
Bytes cosigned(std::string_view text, std::int64_t seconds) {
  Bytes message;
  append(message, as_bytes("cosignature/v1\ntime " + std::to_string(seconds) + "\n"));
  append(message, as_bytes(text));
  return message;
}

constexpr std::size_t kTimeBytes = 8;

/// The moment, when the line is a right cosignature; big-endian seconds stand before the signature.
std::optional<std::int64_t> cosigned_at(const SignatureLine& line, std::string_view text, const PublicKey& key) {
  Signature signature;
  if (line.signature.size() != kTimeBytes + signature.size()) return std::nullopt;
  std::uint64_t seconds = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i) seconds = seconds << 8U | line.signature[i];
  constexpr std::uint64_t kMost = 253'402'300'799;  // the year 9999
  if (seconds > kMost) return std::nullopt;
  std::copy(line.signature.begin() + kTimeBytes, line.signature.end(), signature.begin());
  const auto time = static_cast<std::int64_t>(seconds);
  return is_signed_by(key, cosigned(text, time), signature) ? std::optional(time) : std::nullopt;
}

}  // namespace

std::string NoteKey::text() const {
  return key_text(kEd25519, name, key);
}

Result<NoteKey> NoteKey::parse(std::string_view text) {
  return parse_key<NoteKey>(kEd25519, text);
}

std::string WitnessKey::text() const {
  return key_text(kCosignature, name, key);
}

Result<WitnessKey> WitnessKey::parse(std::string_view text) {
  return parse_key<WitnessKey>(kCosignature, text);
}

Result<std::string> sign_note(std::string_view text, std::string_view key_name, const SigningKey& key) {
  if (!is_note_text(text)) return fail(ErrorCode::Invalid, "note: not lines of text, or too long");
  if (!is_key_name(key_name)) return fail(ErrorCode::Invalid, "note: a name that no key can have");
  Bytes signature = key_id(kEd25519, key_name, key.public_key());
  append(signature, key.sign(as_bytes(text)));
  return std::string{text}.append("\n") + signature_line(key_name, signature);
}

Result<std::string> open_note(std::string_view note, const NoteKey& key) {
  const NoteParts parts = WD_TRY(parse_note(note));
  const Bytes id = key_id(kEd25519, key.name, key.key);
  for (const SignatureLine& line : parts.signatures) {
    if (line.name != key.name || line.id != id) continue;
    Signature signature;
    if (line.signature.size() != signature.size())
      return fail(ErrorCode::Forbidden, "note: the signature is not right");
    std::ranges::copy(line.signature, signature.begin());
    if (!is_signed_by(key.key, as_bytes(parts.text), signature))
      return fail(ErrorCode::Forbidden, "note: the signature is not right");
    return std::string{parts.text};
  }
  return fail(ErrorCode::Forbidden, "note: not signed by " + key.name + " with this key");
}

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& key) {
  return sign_note(
      checkpoint.origin + "\n" + std::to_string(checkpoint.head.size) + "\n" + to_base64(checkpoint.head.root) + "\n",
      checkpoint.origin, key);
}

Result<Checkpoint> open_checkpoint(std::string_view note, const NoteKey& key) {
  const std::string text = WD_TRY(open_note(note, key));
  const std::vector<std::string_view> lines = split(text, '\n');  // the last one is empty
  constexpr std::size_t kLines = 3;
  if (lines.size() <= kLines) return fail(ErrorCode::Invalid, "checkpoint: not origin, size and root");
  if (lines[0] != key.name) return fail(ErrorCode::Forbidden, "checkpoint: of another log");
  const auto size = parse_integer<std::uint64_t>(lines[1]);
  if (!size || std::to_string(*size) != lines[1]) return fail(ErrorCode::Invalid, "checkpoint: its size is no number");
  const Bytes root = WD_TRY(from_base64(lines[2]).in("checkpoint"));
  Checkpoint checkpoint{std::string{lines[0]}, {*size, {}}};
  if (root.size() != checkpoint.head.root.size()) return fail(ErrorCode::Invalid, "checkpoint: its root is no SHA-256");
  std::ranges::copy(root, checkpoint.head.root.begin());
  return checkpoint;
}

Result<std::string> cosign(std::string_view note, std::string_view key_name, const SigningKey& key, Timestamp time) {
  const NoteParts parts = WD_TRY(parse_note(note));
  if (!is_key_name(key_name)) return fail(ErrorCode::Invalid, "note: a name that no key can have");
  const std::int64_t seconds = to_micros(time) / 1'000'000;
  if (seconds < 0) return fail(ErrorCode::Invalid, "note: a time before 1970");
  Bytes signature = key_id(kCosignature, key_name, key.public_key());
  for (std::size_t i = kTimeBytes; i-- > 0;) signature.push_back(static_cast<std::uint8_t>(seconds >> (8U * i)));
  append(signature, key.sign(cosigned(parts.text, seconds)));
  return signature_line(key_name, signature);
}

Result<Timestamp> open_cosignature(std::string_view note, const WitnessKey& key) {
  const NoteParts parts = WD_TRY(parse_note(note));
  const Bytes id = key_id(kCosignature, key.name, key.key);
  std::optional<std::int64_t> last;
  for (const SignatureLine& line : parts.signatures) {
    if (line.name != key.name || line.id != id) continue;
    const auto time = cosigned_at(line, parts.text, key.key);
    if (!time) return fail(ErrorCode::Forbidden, "note: the cosignature is not right");
    last = std::max(last.value_or(0), *time);
  }
  if (!last) return fail(ErrorCode::Forbidden, "note: not cosigned by " + key.name + " with this key");
  return from_micros(*last * 1'000'000);
}

}  // namespace warder::crypto
