//! Plant food: a sack, a bottle and a carton.

use super::{
    colour::*,
    flowers::full,
    geometry::{Curve, Path, Placement},
    leaves::Leaf,
    produce::cherry,
    scene::{FLOOR, ledge},
    soils::heap,
    svg::Drawing,
};

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, shadow, goods): (Tint, f64, fn(&mut Drawing)) = match slug {
        "worm-castings" => (BUTTER, 78.0, castings),
        "tomato-feed" => (SKY, 52.0, tomato_feed),
        "rose-food" => (MIST, 70.0, rose_food),
        _ => return false,
    };
    ledge(d, tint, shadow);
    goods(d);
    true
}

/// A paper sack whose top is rolled down, with a worm on its label.
fn castings(d: &mut Drawing) {
    let (paper, top) = (JUTE.mix(WOOD, 0.3), 140.0);
    let body = Path::from((124.0, top))
        .line((276.0, top))
        .cubic((282.0, 220.0), (284.0, 300.0), (280.0, FLOOR))
        .line((120.0, FLOOR))
        .cubic((116.0, 300.0), (118.0, 220.0), (124.0, top))
        .close();
    d.shape(&body, paper);
    let far = Path::from((246.0, top))
        .line((275.0, top))
        .cubic((281.0, 220.0), (283.0, 300.0), (279.0, FLOOR - 1.0))
        .line((242.0, FLOOR - 1.0))
        .cubic((252.0, 290.0), (252.0, 210.0), (246.0, top))
        .close();
    d.flat(&far, paper.shade());
    d.line(
        &Path::from((138.0, 172.0))
            .line((134.0, 230.0))
            .and(&Path::from((138.0, 318.0)).line((150.0, 336.0))),
        paper.light(),
        3.4,
    );
    d.shape(
        &Path::block((114.0, top - 30.0), (172.0, 34.0), 9.0),
        paper.light().mix(paper, 0.5),
    );
    d.line(
        &Path::through(&[(124.0, top - 12.0), (276.0, top - 12.0)]),
        paper.shade(),
        2.0,
    );
    d.shape(&Path::block((142.0, 176.0), (108.0, 132.0), 4.0), PAPER);
    let soil = Path::from((143.0, 250.0))
        .quad((170.0, 240.0), (196.0, 250.0))
        .quad((224.0, 258.0), (249.0, 246.0))
        .line((249.0, 280.0))
        .line((143.0, 280.0))
        .close();
    d.flat(&soil, EARTH);
    let worm = Curve([
        (164.0, 262.0),
        (176.0, 196.0),
        (206.0, 286.0),
        (226.0, 216.0),
    ]);
    d.tube(&worm.path(), ROSE.mix(CLAY, 0.4), 13.0);
    for part in [0.16, 0.28, 0.4, 0.62, 0.74, 0.86] {
        let (at, turn) = (worm.point(part), worm.angle(part));
        let ring = [-90.0, 90.0].map(|side| super::geometry::polar(at, turn + side, 5.0));
        d.line(&Path::through(&ring), CLAY.shade(), 1.8);
    }
    d.spot((227.0, 216.0), 2.0, INK);
    d.line(&Path::through(&[(166.0, 293.0), (226.0, 293.0)]), BARK, 6.0);
    heap(
        d,
        (312.0, FLOOR + 16.0),
        40.0,
        Some(BARK.mix(INK, 0.35)),
        &[BARK.mix(INK, 0.2), EARTH],
        3.6,
    );
}

fn tomato_feed(d: &mut Drawing) {
    let colour = DEEP.mix(TEAL, 0.25);
    d.shape(&Path::block((178.0, 80.0), (44.0, 38.0), 5.0), ORANGE);
    for x in [187.0, 196.0, 205.0] {
        d.line(
            &Path::through(&[(x, 86.0), (x, 110.0)]),
            ORANGE.shade(),
            2.4,
        );
    }
    let body = Path::from((184.0, 116.0))
        .line((216.0, 116.0))
        .line((218.0, 134.0))
        .cubic((224.0, 152.0), (258.0, 152.0), (258.0, 188.0))
        .line((258.0, 332.0))
        .quad((258.0, FLOOR), (244.0, FLOOR))
        .line((156.0, FLOOR))
        .quad((142.0, FLOOR), (142.0, 332.0))
        .line((142.0, 188.0))
        .cubic((142.0, 152.0), (176.0, 152.0), (182.0, 134.0))
        .close();
    d.shape(&body, colour);
    let far = Path::from((208.0, 117.0))
        .line((215.0, 117.0))
        .line((217.0, 134.0))
        .cubic((224.0, 153.0), (257.0, 153.0), (257.0, 188.0))
        .line((257.0, 332.0))
        .quad((257.0, FLOOR - 1.0), (244.0, FLOOR - 1.0))
        .line((228.0, FLOOR - 1.0))
        .quad((238.0, 330.0), (238.0, 190.0))
        .cubic((236.0, 160.0), (212.0, 150.0), (208.0, 117.0))
        .close();
    d.flat(&far, colour.shade());
    d.line(
        &Path::from((154.0, 190.0)).quad((154.0, 172.0), (168.0, 164.0)),
        colour.light(),
        5.0,
    );
    d.shape(&Path::block((142.0, 206.0), (116.0, 104.0), 0.0), PAPER);
    for (at, size) in [
        ((182.0, 254.0), 22.0),
        ((222.0, 258.0), 19.0),
        ((204.0, 232.0), 17.0),
    ] {
        cherry(d, at, size, RED);
    }
    d.line(&Path::through(&[(164.0, 295.0), (236.0, 295.0)]), RED, 6.0);
    // Its measure, and a drop.
    d.shape(
        &Path::from((288.0, 306.0))
            .line((332.0, 306.0))
            .line((328.0, FLOOR + 8.0))
            .line((292.0, FLOOR + 8.0))
            .close(),
        SKY.arch,
    );
    d.flat(
        &Path::from((290.0, 328.0))
            .line((330.0, 328.0))
            .line((327.0, FLOOR + 7.0))
            .line((293.0, FLOOR + 7.0))
            .close(),
        CORAL.mix(BARK, 0.3),
    );
    d.line(
        &Path::through(&[(318.0, 318.0), (328.0, 318.0)])
            .and(&Path::through(&[(318.0, 338.0), (326.0, 338.0)])),
        INK,
        2.0,
    );
}

fn rose_food(d: &mut Drawing) {
    let (paper, top) = (ROSE.mix(CRIMSON, 0.35), 120.0);
    let side = Path::from((250.0, top))
        .line((284.0, top - 18.0))
        .line((284.0, 328.0))
        .line((250.0, FLOOR))
        .close();
    d.shape(&side, paper.shade());
    let lid = Path::from((128.0, top))
        .line((162.0, top - 18.0))
        .line((284.0, top - 18.0))
        .line((250.0, top))
        .close();
    d.shape(&lid, paper.light());
    d.shape(&Path::block((128.0, top), (122.0, FLOOR - top), 0.0), paper);
    d.shape(&Path::block((128.0, 300.0), (122.0, 46.0), 0.0), DEEP);
    d.shape(
        &Path::from((250.0, 300.0))
            .line((284.0, 283.0))
            .line((284.0, 328.0))
            .line((250.0, FLOOR))
            .close(),
        DEEP.shade(),
    );
    d.line(
        &Path::through(&[(154.0, 317.0), (224.0, 317.0)]),
        CREAM,
        7.0,
    );
    d.line(
        &Path::through(&[(168.0, 331.0), (210.0, 331.0)]),
        CREAM.mix(DEEP, 0.3),
        4.0,
    );
    d.disc((189.0, 208.0), 52.0, PAPER);
    d.tube(&Path::through(&[(189.0, 258.0), (189.0, 206.0)]), STEM, 4.0);
    for side in [-1.0, 1.0] {
        Leaf::new(34.0, 19.0, LEAF).draw(d, (189.0, 248.0), side * 58.0);
    }
    full(
        d,
        Placement::at((189.0, 196.0)),
        33.0,
        &[(6, 1.0), (6, 0.76), (5, 0.5), (3, 0.28)],
        (CRIMSON, WINE),
    );
    heap(
        d,
        (314.0, FLOOR + 16.0),
        40.0,
        None,
        &[WOOD, BARK, MUSTARD, COPPER],
        5.4,
    );
}
