#include "engines/ips/app/numbers.h"

#include <algorithm>

namespace warder::ips::app {

namespace {

constexpr ValueName kHttp2Frame[] = {{"data", 0},          {"headers", 1},      {"priority", 2}, {"rst_stream", 3},
                                     {"settings", 4},      {"push_promise", 5}, {"ping", 6},     {"goaway", 7},
                                     {"window_update", 8}, {"continuation", 9}};
constexpr ValueName kHttp2Error[] = {{"no_error", 0},
                                     {"protocol_error", 1},
                                     {"internal_error", 2},
                                     {"flow_control_error", 3},
                                     {"settings_timeout", 4},
                                     {"stream_closed", 5},
                                     {"frame_size_error", 6},
                                     {"refused_stream", 7},
                                     {"cancel", 8},
                                     {"compression_error", 9},
                                     {"connect_error", 10},
                                     {"enhance_your_calm", 11},
                                     {"inadequate_security", 12},
                                     {"http_1_1_required", 13}};
constexpr ValueName kDnsRcode[] = {{"noerror", 0},  {"formerr", 1},  {"servfail", 2}, {"nxdomain", 3}, {"notimp", 4},
                                   {"refused", 5},  {"yxdomain", 6}, {"yxrrset", 7},  {"nxrrset", 8},  {"notauth", 9},
                                   {"notzone", 10}, {"badvers", 16}, {"badsig", 16},  {"badkey", 17},  {"badtime", 18},
                                   {"badmode", 19}, {"badname", 20}, {"badalg", 21},  {"badtrunc", 22}};
constexpr ValueName kDnsType[] = {
    {"a", 1},     {"ns", 2},      {"md", 3},     {"mf", 4},          {"cname", 5},  {"soa", 6},       {"mb", 7},
    {"mg", 8},    {"mr", 9},      {"null", 10},  {"wks", 11},        {"ptr", 12},   {"hinfo", 13},    {"minfo", 14},
    {"mx", 15},   {"txt", 16},    {"rp", 17},    {"afsdb", 18},      {"aaaa", 28},  {"srv", 33},      {"naptr", 35},
    {"cert", 37}, {"dname", 39},  {"opt", 41},   {"ds", 43},         {"sshfp", 44}, {"ipseckey", 45}, {"rrsig", 46},
    {"nsec", 47}, {"dnskey", 48}, {"nsec3", 50}, {"nsec3param", 51}, {"tlsa", 52},  {"svcb", 64},     {"https", 65},
    {"spf", 99},  {"tkey", 249},  {"tsig", 250}, {"ixfr", 251},      {"axfr", 252}, {"any", 255},     {"uri", 256},
    {"caa", 257}};
constexpr ValueName kSnmpPdu[] = {{"get_request", 0},    {"get_next_request", 1}, {"response", 2},
                                  {"set_request", 3},    {"trap_v1", 4},          {"get_bulk_request", 5},
                                  {"inform_request", 6}, {"trap_v2", 7},          {"report", 8}};
constexpr ValueName kMqttType[] = {{"connect", 1},   {"connack", 2},      {"publish", 3},   {"puback", 4},
                                   {"pubrec", 5},    {"pubrel", 6},       {"pubcomp", 7},   {"subscribe", 8},
                                   {"suback", 9},    {"unsubscribe", 10}, {"unsuback", 11}, {"pingreq", 12},
                                   {"pingresp", 13}, {"disconnect", 14},  {"auth", 15}};
constexpr ValueName kMqttFlags[] = {{"retain", 1}, {"dup", 8}};
constexpr ValueName kMqttConnectFlags[] = {
    {"clean_session", 2}, {"will", 4}, {"will_retain", 32}, {"password", 64}, {"username", 128}};
constexpr ValueName kWebsocketFlags[] = {{"fin", 0x80}, {"comp", 0x40}};
constexpr ValueName kRfbResult[] = {{"ok", 0}, {"fail", 1}, {"toomany", 2}, {"unknown", 3}};
constexpr ValueName kEnipCommand[] = {{"nop", 0},
                                      {"list_services", 4},
                                      {"list_identity", 99},
                                      {"list_interfaces", 100},
                                      {"register_session", 101},
                                      {"unregister_session", 102},
                                      {"send_rr_data", 111},
                                      {"send_unit_data", 112},
                                      {"indicate_status", 114},
                                      {"cancel", 115}};
constexpr ValueName kWebsocketOpcode[] = {{"continuation", 0},     {"text", 1}, {"binary", 2},
                                          {"connection_close", 8}, {"ping", 9}, {"pong", 10}};
constexpr ValueName kYesNo[] = {{"no", 0}, {"false", 0}, {"off", 0}, {"yes", 1}, {"true", 1}, {"on", 1}};
constexpr ValueName kFtpMode[] = {{"active", 0}, {"passive", 1}};
constexpr ValueName kSmbVersion[] = {{"1", 1}, {"2", 2}};
constexpr ValueName kLdapOperation[] = {
    {"bind_request", 0},      {"bind_response", 1},       {"unbind_request", 2},
    {"search_request", 3},    {"search_result_entry", 4}, {"search_result_done", 5},
    {"modify_request", 6},    {"modify_response", 7},     {"add_request", 8},
    {"add_response", 9},      {"del_request", 10},        {"del_response", 11},
    {"mod_dn_request", 12},   {"mod_dn_response", 13},    {"compare_request", 14},
    {"compare_response", 15}, {"abandon_request", 16},    {"search_result_reference", 19},
    {"extended_request", 23}, {"extended_response", 24},  {"intermediate_response", 25}};

// One row a line is easier to read than what the formatter makes of it.
// clang-format off
constexpr NumberRow kNumbers[] = {
    {NumberId::HttpUriLength, {"urilen", "http.urilen"},
    Protocol::Http1, Sides::ToServer, {}, "length of the normalised URI"},
    {NumberId::HttpRawUriLength, {"urilen.raw"},
    Protocol::Http1, Sides::ToServer, {}, "length of the URI as sent"},
    {NumberId::HttpContentLength, {"http.content_len.value"},
    Protocol::Http1, Sides::Both, {}, "Content-Length as a number"},
    {NumberId::Http2FrameType, {"http2.frametype"},
    Protocol::Http2, Sides::Both, kHttp2Frame, "type of each frame"},
    {NumberId::Http2ErrorCode, {"http2.errorcode"},
    Protocol::Http2, Sides::Both, kHttp2Error, "error code"},
    {NumberId::Http2Priority, {"http2.priority"},
    Protocol::Http2, Sides::Both, {}, "priority"},
    {NumberId::Http2Window, {"http2.window"},
    Protocol::Http2, Sides::Both, {}, "window size"},
    {NumberId::Http2SizeUpdate, {"http2.size_update"},
    Protocol::Http2, Sides::Both, {}, "dynamic table size update"},
    {NumberId::Http2Settings, {"http2.settings"},
    Protocol::Http2, Sides::Both, {}, "settings"},
    {NumberId::TlsVersion, {"tls.version_number"},
    Protocol::Tls, Sides::Both, {}, "version of the handshake"},
    {NumberId::TlsCertChainLength, {"tls.cert_chain_len"},
    Protocol::Tls, Sides::Both, {}, "certificates in the chain"},
    {NumberId::DnsOpcode, {"dns.opcode"},
    Protocol::Dns, Sides::Both, {}, "opcode"},
    {NumberId::DnsRcode, {"dns.rcode"},
    Protocol::Dns, Sides::Both, kDnsRcode, "response code"},
    {NumberId::DnsRrtype, {"dns.rrtype"},
    Protocol::Dns, Sides::Both, kDnsType, "record types"},
    {NumberId::SnmpVersion, {"snmp.version"},
    Protocol::Snmp, Sides::Both, {}, "version"},
    {NumberId::SnmpPduType, {"snmp.pdu_type"},
    Protocol::Snmp, Sides::Both, kSnmpPdu, "PDU type"},
    {NumberId::Krb5MsgType, {"krb5_msg_type"},
    Protocol::Krb5, Sides::Both, {}, "message type"},
    {NumberId::Krb5ErrCode, {"krb5_err_code"},
    Protocol::Krb5, Sides::Both, {}, "error code"},
    {NumberId::NtpVersion, {"ntp.version"},
    Protocol::Ntp, Sides::Both, {}, "version"},
    {NumberId::NtpMode, {"ntp.mode"},
    Protocol::Ntp, Sides::Both, {}, "mode"},
    {NumberId::NtpStratum, {"ntp.stratum"},
    Protocol::Ntp, Sides::Both, {}, "stratum"},
    {NumberId::MqttProtocolVersion, {"mqtt.protocol_version"},
    Protocol::Mqtt, Sides::Both, {}, "protocol version"},
    {NumberId::MqttReasonCode, {"mqtt.reason_code"},
    Protocol::Mqtt, Sides::Both, {}, "reason code"},
    {NumberId::MqttType, {"mqtt.type", "mqtt.type.value"},
    Protocol::Mqtt, Sides::Both, kMqttType, "packet type"},
    {NumberId::MqttQos, {"mqtt.qos"},
    Protocol::Mqtt, Sides::Both, {}, "quality of service"},
    {NumberId::MqttFlags, {"mqtt.flags"},
    Protocol::Mqtt, Sides::Both, kMqttFlags, "flags of the packet"},
    {NumberId::MqttConnectFlags, {"mqtt.connect.flags"},
    Protocol::Mqtt, Sides::ToServer, kMqttConnectFlags, "flags of a CONNECT"},
    {NumberId::RfbSecType, {"rfb.sectype"},
    Protocol::Rfb, Sides::Both, {}, "security type"},
    {NumberId::RfbSecResult, {"rfb.secresult"},
    Protocol::Rfb, Sides::Both, kRfbResult, "security result"},
    {NumberId::DcerpcOpnum, {"dcerpc.opnum.value"},
    Protocol::Dcerpc, Sides::Both, {}, "operation number"},
    {NumberId::EnipCommand, {"enip_command", "enip.command"},
    Protocol::Enip, Sides::Both, kEnipCommand, "encapsulation command"},
    {NumberId::EnipStatus, {"enip.status"},
    Protocol::Enip, Sides::Both, {}, "status"},
    {NumberId::CipService, {"cip_service.value"},
    Protocol::Enip, Sides::Both, {}, "CIP service"},
    {NumberId::CipAttribute, {"enip.cip_attribute"},
    Protocol::Enip, Sides::Both, {}, "CIP attribute"},
    {NumberId::CipClass, {"enip.cip_class"},
    Protocol::Enip, Sides::Both, {}, "CIP class"},
    {NumberId::CipInstance, {"enip.cip_instance"},
    Protocol::Enip, Sides::Both, {}, "CIP instance"},
    {NumberId::CipStatus, {"enip.cip_status"},
    Protocol::Enip, Sides::Both, {}, "CIP status"},
    {NumberId::WebsocketOpcode, {"websocket.opcode"},
    Protocol::Websocket, Sides::Both, kWebsocketOpcode, "opcode"},
    {NumberId::WebsocketMask, {"websocket.mask"},
    Protocol::Websocket, Sides::Both, {}, "mask"},
    {NumberId::WebsocketFlags, {"websocket.flags"},
    Protocol::Websocket, Sides::Both, kWebsocketFlags, "flags byte"},
    {NumberId::FtpReplyReceived, {"ftp.reply_received"},
    Protocol::Ftp, Sides::ToClient, kYesNo, "a reply came"},
    {NumberId::FtpDynamicPort, {"ftp.dynamic_port"},
    Protocol::Ftp, Sides::Both, {}, "port of the data connection"},
    {NumberId::FtpMode, {"ftp.mode"},
    Protocol::Ftp, Sides::Both, kFtpMode, "active or passive"},
    {NumberId::ModbusFunction, {"modbus.function"},
    Protocol::Modbus, Sides::Both, {}, "function code"},
    {NumberId::ModbusUnit, {"modbus.unit"},
    Protocol::Modbus, Sides::Both, {}, "unit"},
    {NumberId::Dnp3Function, {"dnp3_func"},
    Protocol::Dnp3, Sides::Both, {}, "function code"},
    {NumberId::Dnp3Indications, {"dnp3_ind"},
    Protocol::Dnp3, Sides::ToClient, {}, "internal indications"},
    {NumberId::NfsProcedure, {"nfs_procedure"},
    Protocol::Nfs, Sides::Both, {}, "procedure"},
    {NumberId::NfsVersion, {"nfs.version", "nfs_version"},
    Protocol::Nfs, Sides::Both, {}, "version"},
    {NumberId::IkeChosenSaEncryption, {"ike.chosen_sa_encryption"},
    Protocol::Ike, Sides::Both, {}, "encryption chosen"},
    {NumberId::IkeExchangeType, {"ike.exchtype"},
    Protocol::Ike, Sides::Both, {}, "exchange type"},
    {NumberId::IkeKeyExchangeLength, {"ike.key_exchange_payload_length"},
    Protocol::Ike, Sides::Both, {}, "length of the key exchange"},
    {NumberId::IkeNonceLength, {"ike.nonce_payload_length"},
    Protocol::Ike, Sides::Both, {}, "length of the nonce"},
    {NumberId::SmbVersion, {"smb.version"},
    Protocol::Smb, Sides::Both, kSmbVersion, "dialect family: 1 or 2"},
    {NumberId::SmbNtStatus, {"smb.status"},
    Protocol::Smb, Sides::ToClient, {}, "NT status"},
    {NumberId::DhcpLeasetime, {"dhcp.leasetime"},
    Protocol::Dhcp, Sides::ToClient, {}, "lease time"},
    {NumberId::DhcpRebindingTime, {"dhcp.rebinding_time"},
    Protocol::Dhcp, Sides::ToClient, {}, "rebinding time"},
    {NumberId::DhcpRenewalTime, {"dhcp.renewal_time"},
    Protocol::Dhcp, Sides::ToClient, {}, "renewal time"},
    {NumberId::LdapRequestOperation, {"ldap.request.operation"},
    Protocol::Ldap, Sides::ToServer, kLdapOperation, "operation asked for"},
    {NumberId::LdapResponsesOperation, {"ldap.responses.operation"},
    Protocol::Ldap, Sides::ToClient, kLdapOperation, "operations answered"},
    {NumberId::LdapResponsesCount, {"ldap.responses.count"},
    Protocol::Ldap, Sides::ToClient, {}, "number of responses"},
    {NumberId::LdapResponsesResultCode, {"ldap.responses.result_code"},
    Protocol::Ldap, Sides::ToClient, {}, "result codes"},
};
// clang-format on

constexpr bool is_indexed_by_id() {
  for (std::size_t i = 0; i < std::size(kNumbers); ++i) {
    if (static_cast<std::size_t>(kNumbers[i].id) != i) return false;
  }
  return std::size(kNumbers) == static_cast<std::size_t>(NumberId::Count);
}
static_assert(is_indexed_by_id(), "numbers.cc has a row for each NumberId, in order");

}  // namespace

std::span<const NumberRow> numbers() noexcept {
  return kNumbers;
}

const NumberRow& row(NumberId id) noexcept {
  return kNumbers[static_cast<std::size_t>(id)];
}

std::optional<NumberId> find_number(std::string_view keyword) noexcept {
  for (const auto& candidate : kNumbers) {
    if (!keyword.empty() && std::ranges::find(candidate.keywords, keyword) != candidate.keywords.end()) {
      return candidate.id;
    }
  }
  return std::nullopt;
}

}  // namespace warder::ips::app
