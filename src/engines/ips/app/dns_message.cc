#include "engines/ips/app/dns_message.h"

#include <algorithm>

#include "engines/ips/app/cursor.h"

namespace warder::ips::app {
namespace {

constexpr std::size_t kMaxNameBytes = 1025;
constexpr int kMaxLabels = 255;
constexpr int kMaxJumps = 128;

constexpr std::uint16_t kTypeNs = 2;
constexpr std::uint16_t kTypeCname = 5;
constexpr std::uint16_t kTypeSoa = 6;
constexpr std::uint16_t kTypePtr = 12;
constexpr std::uint16_t kTypeMx = 15;
constexpr std::uint16_t kTypeSrv = 33;
constexpr std::uint16_t kTypeOpt = 41;

class Decoder {
 public:
  explicit Decoder(ByteView message) : message_(message), cursor_(message) {}

  Cursor& cursor() { return cursor_; }
  [[nodiscard]] std::uint8_t oddities() const { return oddities_; }
  void note(DnsOddity oddity) { oddities_ |= static_cast<std::uint8_t>(oddity); }

  // The name at the cursor, which ends up behind it.
  std::string name() {
    std::size_t end = 0;
    std::string text = name_at(cursor_.offset(), &end);
    if (end == 0) {
      cursor_.fail();
    } else {
      cursor_.skip(end - cursor_.offset());
    }
    return text;
  }

  DnsRecord record() {
    DnsRecord record;
    record.name = name();
    record.type = cursor_.u16();
    record.dns_class = cursor_.u16();
    record.ttl = cursor_.u32();
    const std::size_t size = cursor_.u16();
    const std::size_t start = cursor_.offset();
    record.rdata = cursor_.take(size);
    if (cursor_.is_ok()) record.rdata_name = rdata_name(record.type, start, size);
    return record;
  }

  bool section(std::size_t count, std::vector<DnsRecord>& records) {
    for (std::size_t i = 0; i < count; ++i) {
      DnsRecord next = record();
      if (!cursor_.is_ok()) return false;
      if (records.size() < kMaxDnsRecords) records.push_back(std::move(next));
    }
    return true;
  }

 private:
  // Sets *end to the first offset behind the name as it stands at `start`; leaves it 0 when the name does not fit.
  std::string name_at(std::size_t start, std::size_t* end) {
    std::string text;
    std::size_t at = start;
    std::size_t after = 0;
    int jumps = 0;
    for (int labels = 0; at < message_.size();) {
      const std::uint8_t length = message_[at];
      if (length == 0) {
        *end = after != 0 ? after : at + 1;
        return text;
      }
      if ((length & 0xc0U) == 0xc0U) {
        if (at + 2 > message_.size()) return text;
        if (after == 0) after = at + 2;
        at = static_cast<std::size_t>((length & 0x3fU) << 8U | message_[at + 1]);
        if (++jumps > kMaxJumps) {
          note(DnsOddity::InfiniteLoop);
          *end = after;
          return text;
        }
        continue;
      }
      if ((length & 0xc0U) != 0 || at + 1 + length > message_.size()) return text;
      if (++labels > kMaxLabels) {
        note(DnsOddity::TooManyLabels);
        *end = after != 0 ? after : at;
        return text;
      }
      append_label(text, message_.subspan(at + 1, length));
      at += 1U + length;
    }
    return text;
  }

  void append_label(std::string& text, ByteView label) {
    if (text.size() + label.size() + 1 > kMaxNameBytes) {
      note(DnsOddity::NameTooLong);
      return;
    }
    if (!text.empty()) text += '.';
    text += as_text(label);
  }

  std::string rdata_name(std::uint16_t type, std::size_t start, std::size_t size) {
    std::size_t before = 0;
    switch (type) {
      case kTypeNs:
      case kTypeCname:
      case kTypeSoa:
      case kTypePtr:
        break;
      case kTypeMx:
        before = 2;
        break;
      case kTypeSrv:
        before = 6;
        break;
      default:
        return {};
    }
    std::size_t end = 0;
    return size > before ? name_at(start + before, &end) : std::string{};
  }

  ByteView message_;
  Cursor cursor_;
  std::uint8_t oddities_ = 0;
};

struct Counts {
  std::size_t questions = 0;
  std::size_t answers = 0;
  std::size_t authorities = 0;
  std::size_t additionals = 0;
};

Counts read_counts(Cursor& in) {
  Counts counts;
  counts.questions = in.u16();
  counts.answers = in.u16();
  counts.authorities = in.u16();
  counts.additionals = in.u16();
  return counts;
}

}  // namespace

std::uint16_t DnsMessage::rcode() const noexcept {
  std::uint16_t code = flags & 0xfU;
  for (const DnsRecord& record : additionals) {
    if (record.type == kTypeOpt) code = static_cast<std::uint16_t>(code | (record.ttl >> 24U) << 4U);
  }
  return code;
}

Result<DnsMessage> parse_dns_message(ByteView message) {
  Decoder decoder{message};
  Cursor& in = decoder.cursor();
  DnsMessage out;
  out.id = in.u16();
  out.flags = in.u16();
  const Counts counts = read_counts(in);
  for (std::size_t i = 0; i < counts.questions && in.is_ok(); ++i) {
    DnsQuestion question;
    question.name = decoder.name();
    question.type = in.u16();
    question.dns_class = in.u16();
    if (in.is_ok() && out.questions.size() < kMaxDnsRecords) out.questions.push_back(std::move(question));
  }
  if (!in.is_ok()) return fail(ErrorCode::Corrupt, "dns: header or questions do not fit the message");
  if (!decoder.section(counts.answers, out.answers))
    return fail(ErrorCode::Corrupt, "dns: answers do not fit the message");
  if (!decoder.section(counts.authorities, out.authorities)) {
    decoder.note(DnsOddity::BadAuthorities);
  } else if (!decoder.section(counts.additionals, out.additionals)) {
    decoder.note(DnsOddity::BadAdditionals);
  } else if (!in.is_at_end()) {
    decoder.note(DnsOddity::TrailingBytes);
  }
  out.oddities = decoder.oddities();
  return out;
}

bool is_probably_dns(ByteView start, std::size_t size) {
  Decoder decoder{start};
  Cursor& in = decoder.cursor();
  in.skip(2);
  const std::uint16_t flags = in.u16();
  const Counts counts = read_counts(in);
  const std::uint16_t opcode = flags >> 11U & 0xfU;
  if (!in.is_ok() || opcode > 6 || opcode == 3) return false;
  // A question takes at least 5 bytes, a record 11; a query seldom has more than a few questions.
  const std::size_t records = counts.answers + counts.authorities + counts.additionals;
  if (kDnsHeaderBytes + 5 * counts.questions + 11 * records > size) return false;
  if ((flags & 0x8000U) == 0 && (counts.questions == 0 || counts.questions > 8)) return false;
  if (counts.questions == 0) return counts.answers + counts.authorities > 0 || (flags & 0xfU) != 0;
  const std::string name = decoder.name();
  const std::uint16_t type = in.u16();
  const std::uint16_t dns_class = in.u16();
  if (!in.is_ok()) return false;
  const bool has_known_class =
      dns_class == 1 || dns_class == 3 || dns_class == 4 || dns_class == 254 || dns_class == 255;
  return type != 0 && has_known_class;
}

}  // namespace warder::ips::app
