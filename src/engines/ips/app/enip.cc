#include "engines/ips/app/enip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

constexpr std::size_t kHeader = 24;
constexpr std::uint16_t kSendRrData = 0x6f;
constexpr std::uint16_t kSendUnitData = 0x70;
constexpr std::uint16_t kListIdentity = 0x63;
constexpr std::uint16_t kIdentityItem = 0x0c;
constexpr std::uint16_t kConnectedItem = 0xb1;
constexpr std::uint16_t kUnconnectedItem = 0xb2;
constexpr std::uint8_t kMultipleService = 0x0a;
constexpr int kMaxNesting = 3;
constexpr std::size_t kMaxServices = 128;

struct CipService {
  std::uint8_t service = 0;
  std::optional<std::uint32_t> class_id;
  std::vector<std::uint32_t> attributes;
};

class EnipTransaction final : public FieldTransaction {
 public:
  std::vector<CipService> services;
};

bool is_command(std::uint16_t command) {
  static constexpr std::array<std::uint16_t, 10> kCommands = {0,    4,           0x63,          0x64, 0x65,
                                                              0x66, kSendRrData, kSendUnitData, 0x72, 0x73};
  return std::find(kCommands.begin(), kCommands.end(), command) != kCommands.end();
}

// The path of a request: segments that name class, instance and attribute, in 8, 16 or 32 bits.
void read_path(Cursor path, Direction direction, CipService& service, EnipTransaction& tx) {
  while (!path.is_at_end() && path.is_ok()) {
    const std::uint8_t segment = path.u8();
    std::uint32_t value = 0;
    switch (segment & 0x03U) {
      case 0:
        value = path.u8();
        break;
      case 1:
        path.skip(1);
        value = path.le16();
        break;
      case 2:
        path.skip(1);
        value = path.le32();
        break;
      default:
        return;
    }
    if (!path.is_ok() || (segment & 0xe0U) != 0x20U) return;
    switch (segment & 0x1cU) {
      case 0x00:
        service.class_id = value;
        tx.put(NumberId::CipClass, direction, value);
        break;
      case 0x04:
        tx.put(NumberId::CipInstance, direction, value);
        break;
      case 0x10:
        service.attributes.push_back(value);
        tx.put(NumberId::CipAttribute, direction, value);
        break;
      default:
        break;
    }
  }
}

void read_cip(ByteView message, Direction direction, int nesting, EnipTransaction& tx) {
  Cursor in{message};
  const std::uint8_t code = in.u8();
  CipService service;
  service.service = code & 0x7fU;
  const bool is_response = (code & 0x80U) != 0;
  if (is_response) {
    in.skip(1);
    const std::uint8_t status = in.u8();
    in.skip(static_cast<std::size_t>(in.u8()) * 2);
    if (in.is_ok()) tx.put(NumberId::CipStatus, direction, status);
  } else {
    Cursor path = in.sub(static_cast<std::size_t>(in.u8()) * 2);
    if (in.is_ok()) read_path(path, direction, service, tx);
  }
  if (!in.is_ok() || tx.services.size() >= kMaxServices) return;
  tx.put(NumberId::CipService, direction, service.service);
  tx.services.push_back(service);
  if (service.service != kMultipleService || nesting >= kMaxNesting) return;
  // Count, offsets from the count on, then the services themselves.
  const ByteView list = in.rest();
  const std::size_t count = in.le16();
  for (std::size_t i = 0; i < count && in.is_ok(); ++i) {
    const std::size_t offset = in.le16();
    if (in.is_ok() && offset < list.size()) read_cip(list.subspan(offset), direction, nesting + 1, tx);
  }
}

void read_identity(Cursor in, Direction direction, EnipTransaction& tx) {
  in.skip(2 + 16 + 2 + 2 + 2 + 2 + 2 + 4);
  const ByteView name = in.take(in.u8());
  if (in.is_ok()) tx.put(BufferId::EnipProductName, direction, name);
}

void read_items(Cursor in, Direction direction, EnipTransaction& tx) {
  const std::size_t count = in.le16();
  for (std::size_t i = 0; i < count && i < 16 && in.is_ok(); ++i) {
    const std::uint16_t type = in.le16();
    Cursor item = in.sub(in.le16());
    if (!in.is_ok()) return;
    if (type == kIdentityItem) read_identity(item, direction, tx);
    if (type == kConnectedItem) item.skip(2);  // sequence number
    if ((type == kConnectedItem || type == kUnconnectedItem) && !item.is_at_end())
      read_cip(item.rest(), direction, 0, tx);
  }
}

class EnipParser final : public Parser {
 public:
  explicit EnipParser(const FlowInfo& flow) : is_stream_(flow.is_stream) {}

  Fed feed(Direction direction, ByteView bytes) override {
    std::size_t consumed = 0;
    while (bytes.size() - consumed >= kHeader) {
      Cursor in{bytes.subspan(consumed)};
      const std::uint16_t command = in.le16();
      const std::size_t size = in.le16();
      if (is_stream_ && !is_command(command)) return Fed::error();
      if (in.rest().size() + 4 < kHeader + size) {
        if (is_stream_) return Fed::ok(consumed, kHeader + size);
        break;
      }
      add(direction, command, bytes.subspan(consumed, kHeader + size));
      consumed += kHeader + size;
    }
    return Fed::ok(consumed, kHeader);
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  void add(Direction direction, std::uint16_t command, ByteView message) {
    auto tx = std::make_unique<EnipTransaction>();
    Cursor in{message};
    in.skip(8);
    const std::uint32_t status = in.le32();
    in.skip(12);
    tx->put(NumberId::EnipCommand, direction, command);
    tx->put(NumberId::EnipStatus, direction, status);
    if (command == kSendRrData || command == kSendUnitData) {
      in.skip(6);  // interface handle, timeout
      read_items(in, direction, *tx);
    } else if (command == kListIdentity) {
      read_items(in, direction, *tx);
    }
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
  }

  bool is_stream_;
};

Probe probe_enip(Direction direction, ByteView bytes, const ProbeHint& hint) {
  constexpr std::uint16_t kPort = 44818;
  if (bytes.size() < kHeader) {
    return hint.is_stream && bytes[0] <= 0x73 && (bytes.size() < 2 || bytes[1] == 0) ? Probe::More : Probe::No;
  }
  Cursor in{bytes};
  const std::uint16_t command = in.le16();
  const std::size_t size = in.le16();
  in.skip(4);
  const std::uint32_t status = in.le32();
  in.skip(8);
  const std::uint32_t options = in.le32();
  if (!is_command(command) || options != 0 || status > 0x69) return Probe::No;
  if (!hint.is_stream && size + kHeader != bytes.size()) return Probe::No;
  const bool has_port = hint.server_port == kPort || hint.client_port == kPort;
  // Without the port: only what NOP and its like cannot be by chance.
  const bool is_strong =
      command == 0x65 ? size == 4 : (command == kSendRrData || command == kSendUnitData) && size >= 16;
  if (!has_port && !is_strong) return Probe::No;
  return direction == Direction::ToServer && hint.client_port == kPort && hint.server_port != kPort ? Probe::Reversed
                                                                                                    : Probe::Yes;
}

class ServiceCondition final : public Condition {
 public:
  explicit ServiceCondition(std::vector<std::uint32_t> numbers) : numbers_(std::move(numbers)) {}
  [[nodiscard]] bool matches(Transaction& transaction, Direction /*direction*/, std::int64_t /*now*/) const override {
    const auto* enip = dynamic_cast<const EnipTransaction*>(&transaction);
    if (enip == nullptr) return false;
    return std::any_of(enip->services.begin(), enip->services.end(),
                       [&](const CipService& service) { return fits(service); });
  }

 private:
  [[nodiscard]] bool fits(const CipService& service) const {
    if (service.service != numbers_[0]) return false;
    if (numbers_.size() > 1 && service.class_id != numbers_[1]) return false;
    const auto& attributes = service.attributes;
    return numbers_.size() < 3 || std::find(attributes.begin(), attributes.end(), numbers_[2]) != attributes.end();
  }
  std::vector<std::uint32_t> numbers_;
};

// "service[,class[,attribute]]"
Result<std::unique_ptr<const Condition>> parse_service(std::string_view argument) {
  std::vector<std::uint32_t> numbers;
  std::string_view left = trim(argument);
  while (numbers.size() < 3) {
    const std::size_t comma = left.find(',');
    const auto number = find_decimal(trim(left.substr(0, comma)));
    if (!number) return fail(ErrorCode::Invalid, fmt::format("{} is not service[,class[,attribute]]", argument));
    numbers.push_back(*number);
    if (comma == std::string_view::npos) break;
    left = left.substr(comma + 1);
  }
  return std::make_unique<const ServiceCondition>(std::move(numbers));
}

}  // namespace

const ParserInfo& enip_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Enip,
                                    true,
                                    true,
                                    probe_enip,
                                    [](const Limits& /*limits*/, const FlowInfo& flow) -> std::unique_ptr<Parser> {
                                      return std::make_unique<EnipParser>(flow);
                                    },
                                    {},
                                    0};
  return kInfo;
}

std::span<const ConditionRow> enip_conditions() noexcept {
  static constexpr ConditionRow kRows[] = {
      {"cip_service", "", Protocol::Enip, std::nullopt, parse_service,
       "CIP service, with its class and attribute if given"},
  };
  return kRows;
}

}  // namespace warder::ips::app
