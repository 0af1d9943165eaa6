#include "engines/ips/app/dcerpc_session.h"

#include <algorithm>

#include "engines/ips/app/cursor.h"

namespace warder::ips::app {
namespace {

constexpr std::uint8_t kRequest = 0;
constexpr std::uint8_t kResponse = 2;
constexpr std::uint8_t kFault = 3;
constexpr std::uint8_t kBind = 11;
constexpr std::uint8_t kBindAck = 12;
constexpr std::uint8_t kAlterContext = 14;
constexpr std::uint8_t kAlterContextResponse = 15;

constexpr std::uint8_t kLastFragment = 0x02;
constexpr std::uint8_t kHasObject = 0x80;

constexpr std::size_t kMaxBindings = 256;
constexpr std::size_t kMaxOpenCalls = 256;
constexpr std::size_t kMaxPending = 128UL * 1024;

// The first three groups of a UUID are integers in the sender's byte order.
DcerpcUuid read_uuid(Cursor& in, bool is_little) {
  DcerpcUuid uuid{};
  const ByteView raw = in.take(16);
  if (raw.size() != 16) return uuid;
  static constexpr std::array<std::uint8_t, 16> kLittle = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  for (std::size_t i = 0; i < 16; ++i) uuid[i] = raw[is_little ? kLittle[i] : i];
  return uuid;
}

std::uint16_t read_u16(Cursor& in, bool is_little) {
  return is_little ? in.le16() : in.u16();
}
std::uint32_t read_u32(Cursor& in, bool is_little) {
  return is_little ? in.le32() : in.u32();
}

}  // namespace

struct DcerpcSession::Header {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  bool is_little = true;
  std::uint16_t auth_length = 0;
  std::uint32_t call_id = 0;
};

BufferView DcerpcCall::buffer(BufferId which, Direction direction, std::size_t instance) {
  if (which != BufferId::DceStubData) return FieldTransaction::buffer(which, direction, instance);
  const Bytes& stub = stub_[index(direction)];
  if (instance > 0) return BufferView::absent();
  if (!is_complete(direction)) return BufferView::pending();
  return stub.empty() ? BufferView::absent() : BufferView::complete(stub);
}

void DcerpcCall::append_stub(Direction direction, ByteView bytes) {
  Bytes& stub = stub_[index(direction)];
  append(stub, bytes.first(std::min(bytes.size(), kMaxStubBytes - std::min(kMaxStubBytes, stub.size()))));
  touch(direction);
}

Result<std::size_t> dcerpc_pdu_size(ByteView header) {
  Cursor in{header};
  const std::uint8_t version = in.u8();
  const std::uint8_t minor = in.u8();
  const std::uint8_t type = in.u8();
  in.skip(1);
  const bool is_little = (in.u8() & 0x10U) != 0;
  in.skip(3);
  const std::size_t size = read_u16(in, is_little);
  if (!in.is_ok() || version != 5 || minor > 1 || type > 20 || size < kDcerpcHeader) {
    return fail(ErrorCode::Corrupt, "dcerpc: not a PDU of version 5");
  }
  return size;
}

DcerpcCall* DcerpcSession::find_call(std::uint32_t call_id, TransactionList& transactions) {
  const auto found = open_calls_.find(call_id);
  if (found == open_calls_.end()) return nullptr;
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    if (transactions[i].id == found->second) return dynamic_cast<DcerpcCall*>(&transactions[i]);
  }
  return nullptr;
}

DcerpcCall& DcerpcSession::call(std::uint32_t call_id, TransactionList& transactions) {
  if (DcerpcCall* found = find_call(call_id, transactions)) return *found;
  if (open_calls_.size() >= kMaxOpenCalls) open_calls_.erase(open_calls_.begin());
  auto made = std::make_unique<DcerpcCall>();
  made->call_id = call_id;
  DcerpcCall& added = static_cast<DcerpcCall&>(transactions.add(std::move(made)));
  open_calls_[call_id] = added.id;
  return added;
}

bool DcerpcSession::take_bind(Direction direction, const Header& header, ByteView body, TransactionList& transactions) {
  Cursor in{body};
  in.skip(8);  // fragment sizes, association group
  const std::size_t count = in.u8();
  in.skip(3);
  DcerpcCall& bind = call(header.call_id, transactions);
  offered_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t context = read_u16(in, header.is_little);
    const std::size_t syntaxes = in.u8();
    in.skip(1);
    DcerpcInterface offer;
    offer.uuid = read_uuid(in, header.is_little);
    offer.version = read_u16(in, header.is_little);
    in.skip(2 + 20 * syntaxes);
    if (!in.is_ok()) return false;
    offered_.push_back(context);
    if (bindings_.size() < kMaxBindings) bindings_[context] = offer;
    bind.interfaces.push_back(offer);
  }
  bind.complete(direction);
  return in.is_ok();
}

bool DcerpcSession::take_bind_ack(Direction direction, const Header& header, ByteView body,
                                  TransactionList& transactions) {
  Cursor in{body};
  in.skip(8);
  const std::size_t address = read_u16(in, header.is_little);
  in.skip(address);
  // The list of results is aligned to 4 bytes from the start of the PDU, and so of the body.
  in.skip((4 - in.offset() % 4) % 4);
  const std::size_t count = in.u8();
  in.skip(3);
  for (std::size_t i = 0; i < count && i < offered_.size(); ++i) {
    const std::uint16_t result = read_u16(in, header.is_little);
    in.skip(22);
    if (!in.is_ok()) break;
    const auto binding = bindings_.find(offered_[i]);
    if (binding != bindings_.end()) binding->second.is_accepted = result == 0;
  }
  if (DcerpcCall* bind = find_call(header.call_id, transactions)) {
    bind->complete(direction);
    open_calls_.erase(header.call_id);
  }
  return true;
}

bool DcerpcSession::take_request(Direction direction, const Header& header, ByteView body,
                                 TransactionList& transactions) {
  Cursor in{body};
  in.skip(4);  // allocation hint
  const std::uint16_t context = read_u16(in, header.is_little);
  const std::uint16_t opnum = read_u16(in, header.is_little);
  if ((header.flags & kHasObject) != 0) in.skip(16);
  if (!in.is_ok()) return false;
  DcerpcCall* known = find_call(header.call_id, transactions);
  if (known != nullptr && known->is_complete(direction)) {  // the id is used again
    open_calls_.erase(header.call_id);
    known = nullptr;
  }
  DcerpcCall& request = known != nullptr ? *known : call(header.call_id, transactions);
  request.is_little_endian[index(direction)] = header.is_little;
  if (!request.opnum) {
    request.opnum = opnum;
    request.put(NumberId::DcerpcOpnum, direction, opnum);
    const auto binding = bindings_.find(context);
    if (binding != bindings_.end()) request.interfaces = {binding->second};
  }
  request.append_stub(direction, in.take_rest());
  if ((header.flags & kLastFragment) != 0) request.complete(direction);
  return true;
}

bool DcerpcSession::take_response(Direction direction, const Header& header, ByteView body,
                                  TransactionList& transactions) {
  Cursor in{body};
  in.skip(header.type == kFault ? 16 : 8);  // allocation hint, context, cancel count; a fault's status
  if (!in.is_ok()) return false;
  DcerpcCall& request = call(header.call_id, transactions);
  request.is_little_endian[index(direction)] = header.is_little;
  request.append_stub(direction, in.take_rest());
  if ((header.flags & kLastFragment) != 0) {
    request.complete(opposite(direction));
    request.complete(direction);
    open_calls_.erase(header.call_id);
  }
  return true;
}

bool DcerpcSession::take_pdu(Direction direction, ByteView pdu, TransactionList& transactions) {
  Cursor in{pdu};
  Header header;
  in.skip(2);
  header.type = in.u8();
  header.flags = in.u8();
  header.is_little = (in.u8() & 0x10U) != 0;
  in.skip(5);  // the rest of the data representation, the length
  header.auth_length = read_u16(in, header.is_little);
  header.call_id = read_u32(in, header.is_little);
  if (!in.is_ok()) return false;
  ByteView body = in.rest();
  switch (header.type) {
    case kBind:
    case kAlterContext:
      return take_bind(direction, header, body, transactions);
    case kBindAck:
    case kAlterContextResponse:
      return take_bind_ack(direction, header, body, transactions);
    case kRequest:
      return take_request(direction, header, body, transactions);
    case kResponse:
    case kFault:
      return take_response(direction, header, body, transactions);
    default:
      return true;
  }
}

bool DcerpcSession::feed(Direction direction, ByteView bytes, TransactionList& transactions) {
  Bytes& pending = pending_[index(direction)];
  append(pending, bytes);
  std::size_t consumed = 0;
  while (pending.size() - consumed >= kDcerpcHeader) {
    const ByteView rest = ByteView{pending}.subspan(consumed);
    const auto size = dcerpc_pdu_size(rest);
    if (!size) {
      pending.clear();
      return false;
    }
    if (rest.size() < *size) break;
    take_pdu(direction, rest.first(*size), transactions);
    consumed += *size;
  }
  pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(consumed));
  if (pending.size() > kMaxPending) pending.clear();
  return true;
}

bool DcerpcSession::take_datagram(Direction direction, ByteView datagram, TransactionList& transactions) {
  Cursor in{datagram};
  const std::uint8_t version = in.u8();
  Header header;
  header.type = in.u8();
  const std::uint8_t flags = in.u8();
  in.skip(1);
  header.is_little = (in.u8() & 0x10U) != 0;
  in.skip(3 + 16);  // the rest of the data representation, serial number; object
  DcerpcInterface interface;
  interface.uuid = read_uuid(in, header.is_little);
  in.skip(16 + 4);  // activity, boot time
  interface.version = static_cast<std::uint16_t>(read_u32(in, header.is_little));
  interface.is_accepted = true;
  header.call_id = read_u32(in, header.is_little);
  const std::uint16_t opnum = read_u16(in, header.is_little);
  in.skip(4);  // hints
  const std::size_t size = read_u16(in, header.is_little);
  in.skip(4);  // fragment number, authentication, serial number
  const ByteView stub = in.take(std::min(size, in.remaining()));
  if (!in.is_ok() || version != 4) return false;
  const bool is_last = (flags & 0x04U) == 0 || (flags & kLastFragment) != 0;
  if (header.type != kRequest && header.type != kResponse && header.type != kFault) return true;
  DcerpcCall& request = call(header.call_id, transactions);
  request.is_little_endian[index(direction)] = header.is_little;
  if (header.type == kRequest && !request.opnum) {
    request.opnum = opnum;
    request.put(NumberId::DcerpcOpnum, direction, opnum);
    request.interfaces = {interface};
  }
  request.append_stub(direction, stub);
  if (is_last) {
    if (header.type != kRequest) request.complete(opposite(direction));
    request.complete(direction);
    if (header.type != kRequest) open_calls_.erase(header.call_id);
  }
  return true;
}

void DcerpcSession::end(Direction direction, TransactionList& transactions) {
  for (const auto& [call_id, id] : open_calls_) {
    for (std::size_t i = 0; i < transactions.size(); ++i) {
      if (transactions[i].id == id) transactions[i].complete(direction);
    }
  }
}

}  // namespace warder::ips::app
