#include "engines/ips/app/dcerpc.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

class DcerpcParser final : public Parser {
 public:
  explicit DcerpcParser(const FlowInfo& flow) : is_stream_(flow.is_stream) {}

  Fed feed(Direction direction, ByteView bytes) override {
    if (!is_stream_) {
      note(direction, bytes);
      session_.take_datagram(direction, bytes, transactions_);
      return Fed::ok(bytes.size());
    }
    std::size_t consumed = 0;
    while (bytes.size() - consumed >= kDcerpcHeader) {
      const ByteView rest = bytes.subspan(consumed);
      const auto size = dcerpc_pdu_size(rest);
      if (!size) return Fed::error();
      if (rest.size() < *size) return Fed::ok(consumed, *size);
      note(direction, rest.first(*size));
      session_.take_pdu(direction, rest.first(*size), transactions_);
      consumed += *size;
    }
    return Fed::ok(consumed, kDcerpcHeader);
  }

  void end(Direction direction, ByteView /*rest*/) override { session_.end(direction, transactions_); }

 private:
  void note(Direction direction, ByteView pdu) {
    const auto header = std::min(pdu.size(), kDcerpcHeader);
    note_frame(FrameId::DcerpcPdu, direction, pdu);
    note_frame(FrameId::DcerpcHeader, direction, pdu.first(header));
    note_frame(FrameId::DcerpcData, direction, pdu.subspan(header));
  }

  DcerpcSession session_;
  bool is_stream_;
};

Probe probe_dcerpc(Direction direction, ByteView bytes, const ProbeHint& hint) {
  if (!hint.is_stream) {
    // Version 4: type, no reserved flag, representation, and a size that fits the datagram.
    if (bytes.size() < 80 || bytes[0] != 4 || (bytes[1] & 0xe0U) != 0 || (bytes[2] & 0xc1U) != 0) return Probe::No;
    if ((bytes[3] & 0xfcU) != 0 || (bytes[4] & 0xeeU) != 0 || bytes[5] > 3) return Probe::No;
    Cursor in{bytes.subspan(74)};
    const std::size_t size = (bytes[4] & 0x10U) != 0 ? in.le16() : in.u16();
    return size == bytes.size() - 80 ? Probe::Yes : Probe::No;
  }
  if (bytes[0] != 5 || (bytes.size() > 1 && bytes[1] > 1)) return Probe::No;
  if (bytes.size() < kDcerpcHeader) return Probe::More;
  const auto size = dcerpc_pdu_size(bytes);
  if (!size || (bytes[4] & 0xeeU) != 0 || bytes[6] != 0 || bytes[7] != 0) return Probe::No;
  const bool is_answer = bytes[2] == 2 || bytes[2] == 3 || bytes[2] == 12 || bytes[2] == 13 || bytes[2] == 15;
  return is_answer == (direction == Direction::ToClient) ? Probe::Yes : Probe::Reversed;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(trim(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text = text.substr(end + 1);
  }
}

class InterfaceCondition final : public Condition {
 public:
  InterfaceCondition(const DcerpcUuid& uuid, char sign, std::uint32_t version)
      : uuid_(uuid), sign_(sign), version_(version) {}

  [[nodiscard]] bool matches(Transaction& transaction, Direction direction, std::int64_t /*now*/) const override {
    const auto* call = dynamic_cast<const DcerpcCall*>(&transaction);
    if (call == nullptr || !call->opnum || !call->is_complete(direction)) return false;
    for (const DcerpcInterface& interface : call->interfaces) {
      if (interface.is_accepted && interface.uuid == uuid_ && fits(interface.version)) return true;
    }
    return false;
  }

 private:
  [[nodiscard]] bool fits(std::uint16_t version) const noexcept {
    switch (sign_) {
      case '=':
        return version == version_;
      case '<':
        return version < version_;
      case '>':
        return version > version_;
      case '!':
        return version != version_;
      default:
        return true;
    }
  }
  DcerpcUuid uuid_;
  char sign_;
  std::uint32_t version_;
};

// "afa8bd80-7d8a-11c9-bef4-08002b102989[,<1][,any_frag]". Calls are put together first, so any_frag changes nothing.
Result<std::unique_ptr<const Condition>> parse_interface(std::string_view argument) {
  if (argument.starts_with("uuid ")) argument = trim(argument.substr(5));  // as Snort 3 writes it
  const auto parts = split(argument, ',');
  std::string digits;
  for (const char c : parts[0]) {
    if (c != '-') digits += c;
  }
  const auto bytes = from_hex(digits);
  DcerpcUuid uuid{};
  if (!bytes || bytes->size() != uuid.size() || parts[0].size() != 36) {
    return fail(ErrorCode::Invalid, fmt::format("{} is not a UUID", parts[0]));
  }
  std::copy(bytes->begin(), bytes->end(), uuid.begin());
  char sign = '\0';
  std::uint32_t version = 0;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == "any_frag") continue;
    const auto number = parts[i].empty() ? std::nullopt : find_decimal(parts[i].substr(1));
    if (!number || std::string_view{"=<>!"}.find(parts[i].front()) == std::string_view::npos) {
      return fail(ErrorCode::Invalid, fmt::format("{} is neither a version, like <2, nor any_frag", parts[i]));
    }
    sign = parts[i].front();
    version = *number;
  }
  return std::make_unique<const InterfaceCondition>(uuid, sign, version);
}

class OpnumCondition final : public Condition {
 public:
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
  };
  explicit OpnumCondition(std::vector<Range> ranges) : ranges_(std::move(ranges)) {}

  [[nodiscard]] bool matches(Transaction& transaction, Direction direction, std::int64_t /*now*/) const override {
    const auto* call = dynamic_cast<const DcerpcCall*>(&transaction);
    if (call == nullptr || !call->opnum || !call->is_complete(direction)) return false;
    return std::any_of(ranges_.begin(), ranges_.end(),
                       [&](const Range& range) { return *call->opnum >= range.first && *call->opnum <= range.last; });
  }

 private:
  std::vector<Range> ranges_;
};

// "15,18-20,<3"; Snort 3 writes it in quotes.
Result<std::unique_ptr<const Condition>> parse_opnum(std::string_view argument) {
  constexpr std::uint32_t kMax = 65535;
  std::vector<OpnumCondition::Range> ranges;
  if (argument.size() > 1 && argument.front() == '"' && argument.back() == '"')
    argument = argument.substr(1, argument.size() - 2);
  for (const std::string_view part : split(argument, ',')) {
    const std::size_t dash = part.find('-');
    const char sign = part.empty() ? '\0' : part.front();
    const bool is_sided = sign == '<' || sign == '>';
    const auto first = find_decimal(is_sided ? part.substr(1) : part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : find_decimal(trim(part.substr(dash + 1)));
    if (!first || !last || *first > *last || *last > kMax) {
      return fail(ErrorCode::Invalid, fmt::format("{} is not an operation number or a range", part));
    }
    if (sign == '<' && *first == 0) return fail(ErrorCode::Invalid, "no operation number is below 0");
    if (sign == '<') {
      ranges.push_back({0, *first - 1});
    } else if (sign == '>') {
      ranges.push_back({*first + 1, kMax});
    } else {
      ranges.push_back({*first, *last});
    }
  }
  return std::make_unique<const OpnumCondition>(std::move(ranges));
}

}  // namespace

const ParserInfo& dcerpc_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Dcerpc,
                                    true,
                                    true,
                                    probe_dcerpc,
                                    [](const Limits& /*limits*/, const FlowInfo& flow) -> std::unique_ptr<Parser> {
                                      return std::make_unique<DcerpcParser>(flow);
                                    },
                                    {},
                                    0};
  return kInfo;
}

std::span<const ConditionRow> dcerpc_conditions() noexcept {
  static constexpr ConditionRow kRows[] = {
      {"dcerpc.iface", "dce_iface", Protocol::Dcerpc, std::nullopt, parse_interface, "interface that a call goes to"},
      {"dcerpc.opnum", "dce_opnum", Protocol::Dcerpc, std::nullopt, parse_opnum, "operation numbers of the call"},
  };
  return kRows;
}

}  // namespace warder::ips::app
