#include "engines/ips/app/dns.h"

#include <array>

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t {
  MalformedData,
  NotRequest,
  NotResponse,
  ZFlagSet,
  InvalidOpcode,
  NameTooLong,
  InfiniteLoop,
  TooManyLabels,
  InvalidAdditionals,
  InvalidAuthorities,
};

constexpr std::array<std::string_view, 10> kEvents = {
    "malformed_data", "not_request",   "not_response",    "z_flag_set",          "invalid_opcode",
    "name_too_long",  "infinite_loop", "too_many_labels", "invalid_additionals", "invalid_authorities"};

constexpr std::uint16_t kMdnsPort = 5353;
constexpr std::uint16_t kLlmnrPort = 5355;
constexpr std::uint16_t kNetbiosPort = 137;
constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMaxTcpMessage = 65535;

struct Names {
  BufferId query;
  BufferId answer;
  BufferId authority;
  BufferId additional;
  BufferId response;
};
constexpr Names kDnsNames = {BufferId::DnsQueryName, BufferId::DnsAnswerName, BufferId::DnsAuthorityName,
                             BufferId::DnsAdditionalName, BufferId::DnsResponseName};
constexpr Names kMdnsNames = {BufferId::MdnsQueryName, BufferId::MdnsAnswerName, BufferId::MdnsAuthorityName,
                              BufferId::MdnsAdditionalName, BufferId::MdnsResponseName};

void put_records(const std::vector<DnsRecord>& records, BufferId id, BufferId response, Direction direction,
                 FieldTransaction& out) {
  for (const DnsRecord& record : records) {
    out.put(id, direction, record.name);
    if (direction == Direction::ToClient) {
      out.put(response, direction, record.name);
      out.put_if_any(response, direction, record.rdata_name);
    }
  }
}

void put_names(const DnsMessage& message, const Names& names, Direction direction, FieldTransaction& out) {
  for (const DnsQuestion& question : message.questions) {
    if (direction == Direction::ToServer && names.query == BufferId::DnsQueryName) {
      out.put(BufferId::DnsQuery, direction, question.name);
    }
    out.put(names.query, direction, question.name);
    if (direction == Direction::ToClient) out.put(names.response, direction, question.name);
    out.put(NumberId::DnsRrtype, direction, question.type);
  }
  put_records(message.answers, names.answer, names.response, direction, out);
  put_records(message.authorities, names.authority, names.response, direction, out);
  put_records(message.additionals, names.additional, names.response, direction, out);
  for (const DnsRecord& record : message.answers) out.put(NumberId::DnsRrtype, direction, record.type);
  out.put(NumberId::DnsOpcode, direction, message.opcode());
  if (message.is_response()) out.put(NumberId::DnsRcode, direction, message.rcode());
}

void raise_oddities(const DnsMessage& message, Direction direction, Transaction& out) {
  struct Row {
    DnsOddity oddity;
    Event event;
  };
  static constexpr std::array<Row, 5> kRows = {{{DnsOddity::NameTooLong, NameTooLong},
                                                {DnsOddity::InfiniteLoop, InfiniteLoop},
                                                {DnsOddity::TooManyLabels, TooManyLabels},
                                                {DnsOddity::BadAdditionals, InvalidAdditionals},
                                                {DnsOddity::BadAuthorities, InvalidAuthorities}}};
  for (const Row& row : kRows) {
    if (message.has(row.oddity)) out.raise(row.event, direction);
  }
  if (message.has_z_flag()) out.raise(ZFlagSet, direction);
  if (message.opcode() >= 7) out.raise(InvalidOpcode, direction);
}

class DnsParser final : public Parser {
 public:
  DnsParser(const FlowInfo& flow, const Names& names) : is_stream_(flow.is_stream), names_(names) {}

  Fed feed(Direction direction, ByteView bytes) override {
    if (!is_stream_) {
      add_message(direction, bytes);
      return Fed::ok(bytes.size());
    }
    std::size_t consumed = 0;
    while (bytes.size() - consumed >= 2) {
      const std::size_t size = static_cast<std::size_t>(bytes[consumed] << 8U | bytes[consumed + 1]);
      if (bytes.size() - consumed < 2 + size) return Fed::ok(consumed, 2 + size);
      if (size > 0) add_message(direction, bytes.subspan(consumed + 2, size));
      consumed += 2 + size;
    }
    return Fed::ok(consumed, 2);
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  void add_message(Direction direction, ByteView bytes) {
    note_frame(FrameId::DnsPdu, direction, bytes);
    const auto message = parse_dns_message(bytes);
    auto transaction = std::make_unique<FieldTransaction>();
    if (!message) {
      transaction->raise(MalformedData, direction);
    } else {
      put_names(*message, names_, direction, *transaction);
      raise_oddities(*message, direction, *transaction);
      if (message->is_response() && direction == Direction::ToServer) transaction->raise(NotRequest, direction);
      if (!message->is_response() && direction == Direction::ToClient) transaction->raise(NotResponse, direction);
    }
    transaction->complete_only(direction);
    transactions_.add(std::move(transaction));
  }

  bool is_stream_;
  const Names& names_;
};

bool has_port(const ProbeHint& hint, std::uint16_t port) {
  return hint.client_port == port || hint.server_port == port;
}

Probe probe_dns(Direction direction, ByteView bytes, const ProbeHint& hint) {
  if (has_port(hint, kMdnsPort) || has_port(hint, kLlmnrPort) || has_port(hint, kNetbiosPort)) return Probe::No;
  ByteView message = bytes;
  std::size_t size = bytes.size();
  if (hint.is_stream) {
    if (bytes.size() < 2) return Probe::More;
    size = static_cast<std::size_t>(bytes[0] << 8U | bytes[1]);
    if (size < kDnsHeaderBytes || size > kMaxTcpMessage) return Probe::No;
    message = bytes.subspan(2).first(std::min(size, bytes.size() - 2));
    if (message.size() < size && message.size() < 512) return Probe::More;
  }
  if (!is_probably_dns(message, size)) return Probe::No;
  const bool is_response = (message[2] & 0x80U) != 0;
  const bool is_backwards = is_response == (direction == Direction::ToServer);
  // A response that opens a flow: it was picked up in the middle, unless the port says that this is the server's side.
  const bool trusts_port =
      direction == Direction::ToServer ? hint.server_port == kDnsPort : hint.client_port == kDnsPort;
  return is_backwards && !trusts_port ? Probe::Reversed : Probe::Yes;
}

Probe probe_mdns(Direction /*direction*/, ByteView bytes, const ProbeHint& hint) {
  if (!has_port(hint, kMdnsPort)) return Probe::No;
  return bytes.size() >= kDnsHeaderBytes && parse_dns_message(bytes) ? Probe::Yes : Probe::No;
}

}  // namespace

void put_dns_fields(const DnsMessage& message, Direction direction, FieldTransaction& transaction) {
  put_names(message, kDnsNames, direction, transaction);
}

const ParserInfo& dns_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Dns,
                                    true,
                                    true,
                                    probe_dns,
                                    [](const Limits& /*limits*/, const FlowInfo& flow) -> std::unique_ptr<Parser> {
                                      return std::make_unique<DnsParser>(flow, kDnsNames);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

const ParserInfo& mdns_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Mdns,
                                    false,
                                    true,
                                    probe_mdns,
                                    [](const Limits& /*limits*/, const FlowInfo& flow) -> std::unique_ptr<Parser> {
                                      return std::make_unique<DnsParser>(flow, kMdnsNames);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
