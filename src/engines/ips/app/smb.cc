#include "engines/ips/app/smb.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/smb_dialects.h"

namespace warder::ips::app {
namespace {

constexpr std::array<std::string_view, 13> kEvents = {"internal_error",
                                                      "malformed_data",
                                                      "record_overflow",
                                                      "malformed_ntlmssp_request",
                                                      "malformed_ntlmssp_response",
                                                      "duplicate_negotiate",
                                                      "negotiate_malformed_dialects",
                                                      "file_overlap",
                                                      "request_to_client",
                                                      "response_to_server",
                                                      "read_request_too_large",
                                                      "read_response_too_large",
                                                      "write_request_too_large"};

constexpr std::size_t kSessionHeader = 4;
constexpr std::uint8_t kSessionMessage = 0x00;
constexpr std::uint8_t kSessionRequest = 0x81;
constexpr std::uint8_t kSessionKeepAlive = 0x85;
// Of a record larger than this only the start is read as a message; the rest is streamed into the file that it moves.
constexpr std::size_t kWholeRecord = 32UL * 1024;
constexpr std::size_t kRecordStart = 4096;

bool is_smb(ByteView message) {
  return message.size() >= 4 && message[0] >= 0xfc && message[1] == 'S' && message[2] == 'M' && message[3] == 'B';
}

class SmbParser final : public Parser {
 public:
  explicit SmbParser(const Limits& limits) : state_(limits, transactions_) {}

  Fed feed(Direction direction, ByteView bytes) override {
    Side& side = sides_[index(direction)];
    std::size_t consumed = 0;
    while (consumed < bytes.size()) {
      const ByteView rest = bytes.subspan(consumed);
      if (side.left > 0) {
        const std::size_t part = std::min(side.left, rest.size());
        if (side.is_file) state_.continue_data(direction, rest.first(part));
        side.left -= part;
        consumed += part;
        continue;
      }
      if (rest.size() < kSessionHeader) return Fed::ok(consumed, kSessionHeader);
      if (!is_record(rest)) {
        const std::size_t junk = find_record(rest);
        if (!side.is_lost) state_.raise(SmbEvent::MalformedData, direction, nullptr);
        side.is_lost = true;
        consumed += junk;
        if (junk == 0) return Fed::ok(consumed, kSessionHeader + 4);
        continue;
      }
      const std::size_t size = (rest[1] & 1UL) << 16U | rest[2] * 256UL | rest[3];
      // Directly over TCP the length has 24 bits ([MS-SMB2] 2.1).
      const std::size_t record = rest[0] == kSessionMessage ? size | (rest[1] & 0xfeUL) << 16U : size;
      const std::size_t wanted = record <= kWholeRecord ? record : kRecordStart;
      if (rest.size() < kSessionHeader + wanted) return Fed::ok(consumed, kSessionHeader + wanted);
      side.is_lost = false;
      const ByteView given = rest.subspan(kSessionHeader, std::min(record, rest.size() - kSessionHeader));
      note(direction, rest.first(kSessionHeader + given.size()), given);
      const bool moves_data = rest[0] == kSessionMessage && take_message(direction, given);
      side.left = record - given.size();
      side.is_file = moves_data;
      consumed += kSessionHeader + given.size();
    }
    return Fed::ok(consumed);
  }

  bool gap(Direction direction, std::uint64_t bytes) override {
    Side& side = sides_[index(direction)];
    if (side.left < bytes) return false;
    side.left -= bytes;
    side.is_file = false;
    return true;
  }

  void end(Direction direction, ByteView /*rest*/) override { state_.end(direction); }

 private:
  struct Side {
    std::size_t left = 0;  // bytes of the record that are still to come
    bool is_file = false;
    bool is_lost = false;
  };

  void note(Direction direction, ByteView record, ByteView message) {
    if (!wants_frames()) return;
    note_frame(FrameId::NbssPdu, direction, record);
    note_frame(FrameId::NbssHeader, direction, record.first(kSessionHeader));
    note_frame(FrameId::NbssData, direction, message);
    if (!is_smb(message)) return;
    constexpr std::size_t kSizes[] = {32, 64, 52};  // headers of SMB 1, 2 and the transform of 3
    const std::size_t version = message[0] == 0xff ? 0U : message[0] == 0xfe ? 1U : 2U;
    constexpr FrameId kPdus[] = {FrameId::Smb1Pdu, FrameId::Smb2Pdu, FrameId::Smb3Pdu};
    constexpr FrameId kHeaders[] = {FrameId::Smb1Header, FrameId::Smb2Header, FrameId::Smb3Header};
    constexpr FrameId kBodies[] = {FrameId::Smb1Data, FrameId::Smb2Data, FrameId::Smb3Data};
    const auto header = std::min(message.size(), kSizes[version]);
    note_frame(kPdus[version], direction, message);
    note_frame(kHeaders[version], direction, message.first(header));
    note_frame(kBodies[version], direction, message.subspan(header));
  }

  static bool is_record(ByteView rest) {
    if (rest[0] == kSessionMessage)
      return rest.size() < kSessionHeader + 4 || is_smb(rest.subspan(kSessionHeader)) ||
             (rest[1] == 0 && rest[2] == 0 && rest[3] < 4);
    return rest[0] >= kSessionRequest && rest[0] <= kSessionKeepAlive && rest[1] <= 1;
  }

  // How far it is to what may be the next record; 0 when it may begin in the bytes that are still to come.
  static std::size_t find_record(ByteView rest) {
    for (std::size_t at = 1; at + kSessionHeader + 4 <= rest.size(); ++at) {
      if (rest[at] == kSessionMessage && is_smb(rest.subspan(at + kSessionHeader))) return at;
    }
    return rest.size() > 7 ? rest.size() - 7 : 0;
  }

  // True when the record moves a file's bytes.
  bool take_message(Direction direction, ByteView message) {
    if (!is_smb(message)) return false;
    SmbTaken taken;
    if (message[0] == 0xff) {
      taken = take_smb1(direction, message, state_);
    } else if (message[0] == 0xfe) {
      taken = take_smb2(direction, message, state_);
    }
    if (!taken.is_ok) state_.raise(SmbEvent::MalformedData, direction, nullptr);
    return taken.moves_data;
  }

  SmbState state_;
  Side sides_[2];
};

Probe probe_smb(Direction direction, ByteView bytes, const ProbeHint& hint) {
  if (bytes[0] == kSessionRequest && (hint.server_port == 139 || hint.client_port == 139)) {
    if (bytes.size() < 4) return Probe::More;
    return bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 0x44 ? Probe::Yes : Probe::No;  // two names of 34 bytes
  }
  const bool may_be_answer =
      bytes[0] >= 0x82 && bytes[0] <= kSessionKeepAlive && (hint.server_port == 139 || hint.client_port == 139);
  if (bytes[0] != kSessionMessage && !may_be_answer) return Probe::No;
  if (bytes.size() < 8) return Probe::More;
  if (may_be_answer && direction == Direction::ToClient) return Probe::Yes;
  if (is_smb(bytes.subspan(4))) {
    if (bytes.size() < 24) return Probe::Yes;
    const bool is_answer = bytes[4] == 0xff ? (bytes[13] & 0x80U) != 0 : bytes[4] == 0xfe && (bytes[20] & 1U) != 0;
    return is_answer && direction == Direction::ToServer ? Probe::Reversed : Probe::Yes;
  }
  return Probe::No;
}

}  // namespace

const ParserInfo& smb_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Smb,
                                    true,
                                    false,
                                    probe_smb,
                                    [](const Limits& limits, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<SmbParser>(limits);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
