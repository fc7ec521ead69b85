//! Sends messages of one size over lettre's pooled transport: `pooled ADDRESS CONNECTIONS MESSAGES BYTES`. Prints messages, seconds and
//! processor seconds. It keeps no record of what became of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

/// Processor seconds of this process (proc(5), fields 14 and 15 in hundredths of a second).
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells");
    let fields = stat.rsplit(')').next().expect("a name in brackets").split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().expect("a number")).sum::<f64>() / 100.0
}

fn message(bytes: usize) -> Vec<u8> {
    let mut message = b"From: exchange@lantern.example.org\r\nSubject: Exchange\r\n\r\n".to_vec();
    while message.len() < bytes {
        message.extend_from_slice(&[b'X'; 74]);
        message.extend_from_slice(b"\r\n");
    }
    message
}

async fn send_all(address: SocketAddr, connections: usize, messages: usize, bytes: usize) -> f64 {
    let pool = PoolConfig::new().max_size(u32::try_from(connections).expect("few"));
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string());
    let transport = transport.port(address.port()).pool_config(pool).build();
    let parse = |text: &str| text.parse().expect("an address");
    let envelope = Envelope::new(Some(parse("exchange@lantern.example.org")), vec![parse("reader@district.example.org")]);
    let envelope = Arc::new(envelope.expect("one recipient"));
    let (message, given) = (Arc::new(message(bytes)), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (transport, envelope) = (transport.clone(), Arc::clone(&envelope));
            let (message, given) = (Arc::clone(&message), Arc::clone(&given));
            tokio::spawn(async move {
                while given.fetch_add(1, Ordering::Relaxed) < messages {
                    transport.send_raw(&envelope, &message).await.expect("the sink takes it");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no task panics");
    }
    began.elapsed().as_secs_f64()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections, messages, bytes] = arguments.as_slice() else { panic!("pooled ADDRESS CONNECTIONS MESSAGES BYTES") };
    let number = |text: &String| text.parse().expect("a number");
    let (address, connections, messages) = (address.parse().expect("an address"), number(connections), number(messages));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let seconds = runtime.block_on(send_all(address, connections, messages, number(bytes)));
    println!("{messages} {seconds} {}", processor());
}
