//! T11: one kind of object taken for another.

use crate::scene::Scene;
use crate::session::{deliver, truth};
use engine::trust::refusal::Refusal;
use schema::bytes::Writer;
use schema::latest::{Certificate, Document, EnvelopeKind, Kind, Offer, Statements};
use schema::v1::model::HexHash;
use serde_json::Value;
use tests::draw::Draw;
use tests::stranger::Stranger;

/// A body that is right for `kind`.
fn body(scene: &mut Scene, kind: EnvelopeKind) -> Vec<u8> {
    let mut draw = Draw::new(3);
    let mut out = Writer::new();
    match kind {
        EnvelopeKind::Entries => {
            let victim = scene.victim_id();
            let entry = scene.stranger.entry(&victim, &draw.event(27));
            scene.stranger.say(&victim, entry);
            let said = &scene.stranger.line(&victim).said;
            return schema::v1::envelope::write_entries(said);
        }
        EnvelopeKind::Ack => draw.ack().write(&mut out),
        EnvelopeKind::Beat => draw.beat().write(&mut out),
        EnvelopeKind::Hello => {
            draw.beat().write(&mut out);
            draw.ack().write(&mut out);
        }
        EnvelopeKind::Want => return draw.want().write(),
        EnvelopeKind::Piece => return draw.piece().write(),
        EnvelopeKind::Reclaim => return draw.reclaim().write(),
        EnvelopeKind::Returned => return draw.returned().write(),
        EnvelopeKind::Join => return draw.join().write(),
        EnvelopeKind::Keys => {
            // What is known already is as right as what is not.
            let statements = vec![scene.stranger.certificate().documents[0].write()];
            Statements { statements, cut: None }.write(&mut out);
        }
    }
    out.finish()
}

/// An envelope of `kind` that is right.
fn right(scene: &mut Scene, kind: EnvelopeKind) -> Vec<u8> {
    let victim = scene.victim_id();
    let body = body(scene, kind);
    if kind == EnvelopeKind::Entries {
        let said = scene.stranger.line(&victim).said.len() as u64;
        scene.stranger.envelope(&victim, 1, said)
    } else {
        scene.stranger.signal(&victim, kind, &body)
    }
}

#[test]
fn t11_an_envelope_of_each_kind_does_not_open_as_any_other() {
    let mut scene = Scene::new(1);
    // So that there is an entry that the header of entries can name.
    body(&mut scene, EnvelopeKind::Entries);
    let before = truth(&scene.world, scene.victim);
    for kind in EnvelopeKind::ALL {
        let sealed = right(&mut scene, kind);
        for other in EnvelopeKind::ALL.into_iter().filter(|other| *other != kind) {
            let renamed = scene.stranger.altered(&sealed, |envelope| {
                let header = &mut envelope.header;
                header.kind = other;
                // What the form of the other kind asks for, so that only the seal is left.
                if other == EnvelopeKind::Entries {
                    (header.first, header.count) = (header.newest, 1);
                } else {
                    (header.first, header.count) = (header.newest.next(), 0);
                    header.chain_before = header.chain_after;
                }
            });
            let reason = deliver(&mut scene.world, scene.victim, &renamed);
            let closed = Some(Refusal::CannotOpen);
            assert_eq!(reason, closed, "{kind:?} as {other:?}");
        }
    }
    assert!(before == truth(&scene.world, scene.victim));
}

#[test]
fn t11_a_body_of_each_kind_sealed_as_any_other_is_malformed() {
    let mut scene = Scene::new(2);
    let victim = scene.victim_id();
    let before = truth(&scene.world, scene.victim);
    let signals = EnvelopeKind::ALL.into_iter().filter(|kind| *kind != EnvelopeKind::Entries);
    for kind in EnvelopeKind::ALL {
        let body = body(&mut scene, kind);
        for other in signals.clone().filter(|other| *other != kind) {
            let sealed = scene.stranger.signal(&victim, other, &body);
            let reason = deliver(&mut scene.world, scene.victim, &sealed);
            let malformed = matches!(reason, Some(Refusal::Malformed(_)));
            assert!(malformed, "{kind:?} sealed as {other:?}: {reason:?}");
        }
    }
    assert!(before == truth(&scene.world, scene.victim));
}

#[test]
fn t11_a_signature_over_one_kind_of_object_is_none_over_another() {
    let stranger = Stranger::new("Stranger", 1);
    let payload = Offer { space: stranger.id(), key: 1, random: HexHash([1; 32]) };
    for kind in Kind::ALL {
        let document = stranger.document(kind, &payload);
        for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
            assert!(document.payload::<Value>(other).is_err());
            let (from, to) = (kind.payload_type(), other.payload_type());
            let retyped = document.write().replace(from, to);
            let retyped = Document::read(&retyped).expect("a document");
            assert_ne!(retyped.signed_bytes(), document.signed_bytes());
            assert_ne!(retyped.id(), document.id());
            let keys = engine::trust::certificate::Keys::verify(stranger.certificate());
            let believed =
                keys.expect("believed").document(&retyped, other, |_: &Offer| (stranger.id(), 1));
            assert!(believed.is_err(), "{kind:?} as {other:?}");
        }
    }
}

#[test]
fn t11_an_envelope_a_note_and_a_document_never_sign_the_same_bytes() {
    let (space, log) = (schema::id::SpaceId([1; 32]), schema::id::Incarnation([2; 16]));
    let note = schema::latest::Checkpoint::note(&space, &log, 1, &[3; 32], 4);
    let envelope = schema::v1::envelope::signed_bytes(&[5; 330], &[6; 32]);
    let document = schema::v1::document::dsse::signed_bytes("a", b"b");
    let starts = [note.as_bytes(), &envelope, &document].map(|bytes| bytes[..14].to_vec());
    // Three forms whose beginnings differ: no signature over one can be moved to another.
    assert!(starts[0] == b"interspace/v1/" && starts[1] == starts[0]);
    assert_eq!(&envelope[14..23], b"envelope\0");
    assert_ne!(&note.as_bytes()[14..23], b"envelope\0", "an id has no NUL");
    assert!(document.starts_with(b"DSSEv1 "));
}

#[test]
fn t11_a_certificate_of_documents_of_other_kinds_is_not_believed() {
    let stranger = Stranger::new("Stranger", 2);
    let documents = &stranger.certificate().documents;
    for odd in [
        vec![documents[1].clone()],
        vec![documents[1].clone(), documents[0].clone()],
        vec![documents[0].clone(), documents[0].clone()],
    ] {
        let certificate = Certificate { documents: odd };
        assert!(engine::trust::certificate::Keys::verify(&certificate).is_err());
    }
}
