// DCE/RPC calls (C706 §12) of one connection: bindings, requests and responses put together from their fragments.
// Spoken over TCP, over UDP and inside SMB's named pipes.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "engines/ips/app/conditions.h"
#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

using DcerpcUuid = std::array<std::uint8_t, 16>;  // in the order in which its text is written

struct DcerpcInterface {
  DcerpcUuid uuid{};
  std::uint16_t version = 0;
  bool is_accepted = false;
};

/// A bind, or a request with its response.
class DcerpcCall final : public FieldTransaction {
 public:
  static constexpr std::size_t kMaxStubBytes = 256UL * 1024;  // kept of each side

  BufferView buffer(BufferId which, Direction direction, std::size_t instance) override;

  std::vector<DcerpcInterface> interfaces;  // a bind's offers, or the one that the request goes to
  std::optional<std::uint16_t> opnum;       // of a request
  std::uint32_t call_id = 0;
  bool is_little_endian[2] = {true, true};
  void append_stub(Direction direction, ByteView bytes);
  [[nodiscard]] ByteView stub(Direction direction) const noexcept { return stub_[index(direction)]; }

 private:
  Bytes stub_[2];
};

inline constexpr std::size_t kDcerpcHeader = 16;

/// Of the 16-byte common header: the PDU's length, or Corrupt when this is no DCE/RPC over a connection.
Result<std::size_t> dcerpc_pdu_size(ByteView header);

/// Single-threaded.
class DcerpcSession {
 public:
  /// One PDU, or several, or parts: what is incomplete is kept until the rest comes. False when it is no DCE/RPC.
  bool feed(Direction direction, ByteView bytes, TransactionList& transactions);
  /// One whole PDU.
  bool take_pdu(Direction direction, ByteView pdu, TransactionList& transactions);
  /// One datagram of the connectionless form (version 4).
  bool take_datagram(Direction direction, ByteView datagram, TransactionList& transactions);
  void end(Direction direction, TransactionList& transactions);

 private:
  DcerpcCall& call(std::uint32_t call_id, TransactionList& transactions);
  DcerpcCall* find_call(std::uint32_t call_id, TransactionList& transactions);
  struct Header;
  bool take_bind(Direction direction, const Header& header, ByteView body, TransactionList& transactions);
  bool take_bind_ack(Direction direction, const Header& header, ByteView body, TransactionList& transactions);
  bool take_request(Direction direction, const Header& header, ByteView body, TransactionList& transactions);
  bool take_response(Direction direction, const Header& header, ByteView body, TransactionList& transactions);

  std::map<std::uint16_t, DcerpcInterface> bindings_;  // by context id
  std::vector<std::uint16_t> offered_;                 // context ids of the last bind, in order
  std::map<std::uint32_t, std::uint64_t> open_calls_;  // call id → transaction id
  Bytes pending_[2];
};

/// dcerpc.iface, dcerpc.opnum
std::span<const ConditionRow> dcerpc_conditions() noexcept;

}  // namespace warder::ips::app
