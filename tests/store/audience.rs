//! Random people and random expressions: what an expression means for one reader and for all of them must be the same.

use pressroom::domain::audience::{Day, Expression, Test};
use pressroom::domain::id::{NewsletterId, Topic};
use pressroom::domain::subscriber::{Language, State};
use pressroom::domain::time::civil;
use pressroom::store::conformance::books::audiences::{Facts, expressions_mean_the_same_for_one_and_for_many};
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::SledBench;

fn some_of<T: Ord + std::fmt::Debug>(
    words: &'static [&'static str],
    parse: fn(&str) -> T,
) -> impl Strategy<Value = std::collections::BTreeSet<T>> {
    subsequence(words, 1..=words.len()).prop_map(move |words| words.into_iter().map(parse).collect())
}

fn any_test() -> impl Strategy<Value = Test> {
    let day = (-200..200_i32).prop_map(|days| {
        let date = civil::date(2027, 1, 15).checked_add(jiff::ToSpan::days(days)).unwrap();
        Day::new(date).unwrap()
    });
    prop_oneof![
        some_of(&["NM", "TX", "OR"], |word| State::parse(word).unwrap()).prop_map(Test::State),
        some_of(&["arts", "school-health", "music", "nobody-cares"], |word| Topic::parse(word).unwrap()).prop_map(Test::Topic),
        some_of(&["en", "es"], |word| Language::parse(word).unwrap()).prop_map(Test::Language),
        some_of(&["partners", "steering"], |word| NewsletterId::parse(word).unwrap()).prop_map(Test::List),
        day.clone().prop_map(Test::JoinedSince),
        day.prop_map(Test::JoinedBefore),
    ]
}

fn any_expression() -> impl Strategy<Value = Expression> {
    any_test().prop_map(Expression::Test).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Expression::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::All),
            prop::collection::vec(inner, 2..4).prop_map(Expression::Any),
        ]
    })
}

proptest! {
    // Each case opens a store twice and syncs after every act.
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_expression_means_the_same_for_one_reader_and_for_many(
        people in prop::collection::vec(any::<Facts>(), 1..40),
        expressions in prop::collection::vec(any_expression(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(expressions_mean_the_same_for_one_and_for_many(&SledBench::new(), &people, &expressions));
    }
}

proptest! {
    #[test]
    fn an_expression_is_read_back_as_it_is_written(expression in any_expression()) {
        prop_assert_eq!(Expression::parse(&expression.to_string()).unwrap(), expression);
    }
}
