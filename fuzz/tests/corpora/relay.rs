//! Requests to the STUN responder, and what comes over WebRTC-direct.

use super::{put, refused, write};

/// A Binding request without attributes.
const BARE: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42transaction.";

/// RFC 5769 §2.1: attributes of ICE, a signature and a fingerprint.
const SAMPLE: &[u8] = b"\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
    \x80\x22\x00\x10STUN test client\
    \x00\x24\x00\x04\x6e\x00\x01\xff\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\
    \x00\x06\x00\x09evtj:h6vY\x20\x20\x20\
    \x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\
    \x80\x28\x00\x04\xe5\x7a\x3b\xcf";

/// A connectivity check of a browser that has changed its description, and of one that has not.
const CHECK_1: &[u8] = b"\x00\x01\x00\x9c!\x12\xa4Btransaction.\x00\x06\x00Wlibp2p+webrtc+v1/ABCDEFGHIJKLMNOPQRSTUVWXYZ:libp2\
    p+webrtc+v1/ABCDEFGHIJKLMNOPQRSTUVWXYZ\x00\xc0W\x00\x04\x00\x01\x03\xe7\x80*\x00\x08tiebreak\x00%\
    \x00\x00\x00$\x00\x04n\x00\x1e\xff\x00\x08\x00\x14\x86@)\xbc\x8e\x06\xcf\x18\x05\xd4B\xec\x07\xcb\
    \x03\xd2rO\xfa%\x80(\x00\x04\x9f\xf7\xf9\xbf";
const CHECK_2: &[u8] = b"\x00\x01\x00t!\x12\xa4Btransaction.\x00\x06\x00.libp2p+webrtc+v2/Tn7bQUVYYqrC2PhS4PeGk/+x:t7Fg\x00\
    \x00\xc0W\x00\x04\x00\x01\x03\xe7\x80*\x00\x08tiebreak\x00%\x00\x00\x00$\x00\x04n\x00\x1e\xff\x00\
    \x08\x00\x14\xc8\x87\xbc\x9a\x1fc\x18\xad\xdez\xaa\xc2\xf0\xfbB\xf8_\xf5\x0d+\x80(\x00\x04\x1au\xf2b";

/// A data channel with a label and a protocol (RFC 8832 §5.1).
const OPEN: &[u8] = b"\x03\x00\x01\x00\x00\x00\x00\x00\x00\x02\x00\x03abxyz";

/// Messages of a data channel, each behind its length: bytes, an end, an acknowledgement.
const MESSAGES: &[u8] = b"\x06\x05\x12\x03abc\x03\x02\x08\x00\x03\x02\x08\x03";

pub fn write_all() {
    write("stun_request", "bare", BARE);
    write("stun_request", "sample", SAMPLE);
    let response = [&[1, 1], &BARE[2..]].concat();
    refused("stun_request", "response", &response);
    let unknown = [&BARE[..3], &[8], &BARE[4..], &[0, 3, 0, 4, 0, 0, 0, 6]].concat();
    put("stun_request", "change-request", &unknown);
    write("ice_check", "version-1", CHECK_1);
    write("ice_check", "version-2", CHECK_2);
    refused("ice_check", "unsigned", SAMPLE);
    write("channel_control", "open", OPEN);
    write("channel_control", "ack", &[2]);
    refused("channel_control", "lossy", &[&OPEN[..1], &[1], &OPEN[2..]].concat());
    write("data_channel", "stream", MESSAGES);
    write("data_channel", "reset", b"\x07\x06\x08\x02\x12\x02xy");
    refused("data_channel", "flag", b"\x03\x02\x08\x04");
}
