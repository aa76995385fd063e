//! Hand tools: on a peg, in the earth, or in the hand.

use super::{
    colour::*,
    geometry::{Curve, Path, Placement, Point},
    scene::{MIDDLE, bed, cast, clods, ledge, rail},
    svg::Drawing,
};

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    match slug {
        "hand-trowel" => {
            rail(d, SAND);
            trowel(d);
        }
        "hand-fork" => {
            rail(d, SKY);
            fork(d);
        }
        "bypass-secateurs" => {
            ledge(d, BUTTER, 0.0);
            secateurs(d);
        }
        "leather-gloves" => {
            rail(d, SAGE);
            gloves(d);
        }
        "dibber" => {
            bed(d, BUTTER);
            dibber(d);
        }
        _ => return false,
    }
    true
}

/// An ash handle that hangs from a peg by its loop, and the steel neck below it.
fn hung_handle(d: &mut Drawing) {
    d.tube(
        &Path::from((MIDDLE, 76.0)).cubic((172.0, 92.0), (184.0, 112.0), (197.0, 116.0)),
        BARK,
        4.0,
    );
    d.tube(
        &Path::from((MIDDLE, 76.0)).cubic((228.0, 92.0), (216.0, 112.0), (203.0, 116.0)),
        BARK,
        4.0,
    );
    let neck = Path::from((193.0, 196.0))
        .line((195.0, 232.0))
        .line((190.0, 254.0))
        .line((210.0, 254.0))
        .line((205.0, 232.0))
        .line((207.0, 196.0))
        .close();
    d.shape(&neck, STEEL);
    let handle = Path::from((184.0, 118.0))
        .quad((MIDDLE, 104.0), (216.0, 118.0))
        .cubic((224.0, 140.0), (214.0, 160.0), (214.0, 190.0))
        .line((186.0, 190.0))
        .cubic((186.0, 160.0), (176.0, 140.0), (184.0, 118.0))
        .close();
    d.shape(&handle, WOOD);
    let far = Path::from((207.0, 114.0))
        .quad((214.0, 115.0), (215.0, 119.0))
        .cubic((222.0, 140.0), (213.0, 160.0), (213.0, 189.0))
        .line((205.0, 189.0))
        .cubic((206.0, 160.0), (214.0, 140.0), (207.0, 114.0))
        .close();
    d.flat(&far, WOOD.shade());
    d.line(
        &Path::through(&[(191.0, 126.0), (193.0, 168.0)]),
        WOOD.light(),
        3.4,
    );
    d.shape(&Path::block((185.0, 186.0), (30.0, 15.0), 3.0), BRASS);
    d.spot((MIDDLE, 120.0), 3.2, BARK.shade());
}

fn trowel(d: &mut Drawing) {
    hung_handle(d);
    let blade = Path::from((184.0, 246.0))
        .cubic((160.0, 252.0), (158.0, 270.0), (160.0, 296.0))
        .cubic((162.0, 330.0), (184.0, 352.0), (MIDDLE, 366.0))
        .cubic((216.0, 352.0), (238.0, 330.0), (240.0, 296.0))
        .cubic((242.0, 270.0), (240.0, 252.0), (216.0, 246.0))
        .quad((MIDDLE, 262.0), (184.0, 246.0))
        .close();
    d.shape(&blade, STEEL);
    let far = Path::from((MIDDLE, 254.0))
        .quad((212.0, 252.0), (216.0, 247.0))
        .cubic((239.0, 253.0), (241.0, 270.0), (239.0, 296.0))
        .cubic((237.0, 330.0), (216.0, 351.0), (MIDDLE, 364.0))
        .quad((222.0, 310.0), (MIDDLE, 254.0))
        .close();
    d.flat(&far, STEEL.shade());
    d.line(
        &Path::from((172.0, 272.0)).quad((168.0, 306.0), (182.0, 334.0)),
        WHITE,
        4.0,
    );
    for (y, half) in [(284.0, 9.0), (308.0, 9.0), (332.0, 9.0)] {
        d.line(
            &Path::through(&[(MIDDLE - half, y), (MIDDLE + half, y)]),
            SLATE,
            2.4,
        );
    }
}

fn fork(d: &mut Drawing) {
    hung_handle(d);
    let tine = |x: f64, out: f64| {
        Path::from((x, 262.0)).cubic((x + out, 274.0), (x + out, 310.0), (x + out * 0.9, 360.0))
    };
    let tines = tine(MIDDLE, 0.0)
        .and(&tine(192.0, -36.0))
        .and(&tine(208.0, 36.0));
    d.tube(&tines, STEEL, 11.0);
    let yoke = Path::from((190.0, 246.0))
        .cubic((176.0, 252.0), (162.0, 258.0), (157.0, 280.0))
        .line((170.0, 280.0))
        .quad((180.0, 268.0), (195.0, 272.0))
        .line((205.0, 272.0))
        .quad((220.0, 268.0), (230.0, 280.0))
        .line((243.0, 280.0))
        .cubic((238.0, 258.0), (224.0, 252.0), (210.0, 246.0))
        .close();
    d.shape(&yoke, STEEL);
    d.flat(
        &Path::block((157.0, 277.0), (12.0, 8.0), 0.0)
            .and(&Path::block((194.0, 269.0), (12.0, 10.0), 0.0))
            .and(&Path::block((231.0, 277.0), (12.0, 8.0), 0.0)),
        STEEL,
    );
    for x in [158.0, 196.0, 234.0] {
        d.line(
            &Path::through(&[(x + 1.0, 290.0), (x + 2.0, 340.0)]),
            WHITE,
            2.6,
        );
        d.line(
            &Path::through(&[(x + 8.0, 288.0), (x + 7.6, 352.0)]),
            STEEL.shade(),
            3.0,
        );
    }
}

fn gloves(d: &mut Drawing) {
    d.tube(
        &Path::from((MIDDLE, 76.0))
            .line((158.0, 130.0))
            .and(&Path::from((MIDDLE, 76.0)).line((244.0, 130.0))),
        BARK,
        4.0,
    );
    for (at, turn, mirror) in [((262.0, 120.0), -7.0, -1.0), ((140.0, 120.0), 7.0, 1.0)] {
        d.under(Placement::at(at).turned(turn).stretched(mirror, 1.0), glove);
    }
}

/// A glove that hangs fingers down from the middle of its cuff, its thumb to the right.
fn glove(d: &mut Drawing) {
    let hide = WOOD.mix(GOLD, 0.3);
    let thumb = Path::from((30.0, 112.0))
        .cubic((58.0, 122.0), (74.0, 150.0), (68.0, 172.0))
        .quad((60.0, 184.0), (52.0, 170.0))
        .cubic((48.0, 156.0), (38.0, 152.0), (24.0, 156.0))
        .close();
    d.shape(&thumb, hide);
    for (x, long, turn) in [
        (-33.0, 50.0, 8.0),
        (-12.0, 66.0, 2.0),
        (10.0, 66.0, -3.0),
        (30.0, 52.0, -8.0),
    ] {
        let finger = Path::block((-11.0, -12.0), (22.0, long + 12.0), 10.0);
        d.shape(&finger.placed(Placement::at((x, 172.0)).turned(turn)), hide);
    }
    let palm = Path::from((-38.0, 92.0))
        .cubic((-48.0, 120.0), (-48.0, 150.0), (-44.0, 178.0))
        .quad((0.0, 190.0), (42.0, 176.0))
        .cubic((46.0, 150.0), (44.0, 120.0), (38.0, 92.0))
        .close();
    d.shape(&palm, hide);
    d.flat(&Path::block((-42.0, 166.0), (82.0, 14.0), 6.0), hide);
    for x in [-22.0, -1.0, 20.0] {
        d.line(&Path::through(&[(x, 172.0), (x, 186.0)]), INK, 2.0);
    }
    d.dots(
        &Path::from((34.0, 108.0)).quad((6.0, 126.0), (26.0, 154.0)),
        BARK,
        2.6,
        6.0,
    );
    let cuff = Path::from((-50.0, 0.0))
        .quad((0.0, 12.0), (50.0, 0.0))
        .line((39.0, 94.0))
        .quad((0.0, 102.0), (-39.0, 94.0))
        .close();
    d.shape(&cuff, COPPER.mix(BARK, 0.2));
    d.dots(
        &Path::from((-44.0, 12.0)).quad((0.0, 23.0), (44.0, 12.0)),
        JUTE,
        2.8,
        7.0,
    );
    d.dots(
        &Path::from((-35.0, 86.0)).quad((0.0, 93.0), (35.0, 86.0)),
        JUTE,
        2.8,
        7.0,
    );
}

fn dibber(d: &mut Drawing) {
    d.under(Placement::at((MIDDLE, 330.0)).turned(9.0), |d| {
        let tip = Path::from((-21.0, -66.0))
            .line((21.0, -66.0))
            .quad((8.0, -10.0), (0.0, 10.0))
            .quad((-8.0, -10.0), (-21.0, -66.0))
            .close();
        d.shape(&tip, STEEL);
        let body = Path::from((-22.0, -64.0))
            .cubic((-28.0, -120.0), (-26.0, -170.0), (-17.0, -206.0))
            .cubic((-14.0, -218.0), (-32.0, -232.0), (-32.0, -252.0))
            .cubic((-30.0, -288.0), (30.0, -288.0), (32.0, -252.0))
            .cubic((32.0, -232.0), (14.0, -218.0), (17.0, -206.0))
            .cubic((26.0, -170.0), (28.0, -120.0), (22.0, -64.0))
            .close();
        d.shape(&body, WOOD);
        let far = Path::from((8.0, -65.0))
            .line((21.0, -65.0))
            .cubic((27.0, -120.0), (25.0, -170.0), (16.0, -206.0))
            .cubic((13.0, -218.0), (31.0, -232.0), (31.0, -252.0))
            .quad((28.0, -274.0), (10.0, -277.0))
            .cubic((22.0, -240.0), (4.0, -220.0), (6.0, -206.0))
            .cubic((14.0, -160.0), (12.0, -110.0), (8.0, -65.0))
            .close();
        d.flat(&far, WOOD.shade());
        for (y, half) in [
            (-88.0, 23.5),
            (-112.0, 25.0),
            (-136.0, 25.0),
            (-160.0, 24.0),
            (-184.0, 21.5),
        ] {
            d.line(
                &Path::from((-half, y)).quad((0.0, y + 6.0), (half, y)),
                BARK.shade(),
                3.4,
            );
        }
        d.line(
            &Path::from((-19.0, -246.0)).quad((-17.0, -262.0), (-6.0, -266.0)),
            WOOD.light(),
            4.0,
        );
        d.line(&Path::through(&[(-12.0, -60.0), (-6.0, -32.0)]), WHITE, 3.0);
    });
    clods(d, 58.0);
    for (x, turn) in [(98.0, 64.0), (122.0, 110.0), (296.0, 80.0)] {
        let seed =
            Path::ellipse((0.0, 0.0), 6.0, 9.0).placed(Placement::at((x, 340.0)).turned(turn));
        d.shape(&seed, JUTE);
    }
}

fn secateurs(d: &mut Drawing) {
    cast(d, BUTTER, (206.0, 344.0), 92.0);
    d.under(Placement::at((204.0, 178.0)).turned(24.0), |d| {
        let hook = Path::from((-16.0, 10.0))
            .cubic((-34.0, -30.0), (-52.0, -64.0), (-30.0, -112.0))
            .cubic((-24.0, -104.0), (-26.0, -92.0), (-26.0, -80.0))
            .cubic((-20.0, -50.0), (0.0, -26.0), (14.0, -6.0))
            .close();
        d.shape(&hook, SLATE.mix(STEEL, 0.3));
        let blade = Path::from((-12.0, 12.0))
            .cubic((-14.0, -30.0), (4.0, -80.0), (38.0, -116.0))
            .cubic((52.0, -84.0), (48.0, -34.0), (20.0, 8.0))
            .close();
        d.shape(&blade, STEEL);
        d.flat(
            &Path::from((39.0, -112.0))
                .cubic((51.0, -84.0), (47.0, -34.0), (20.0, 6.0))
                .line((10.0, 6.0))
                .cubic((36.0, -34.0), (42.0, -76.0), (39.0, -112.0))
                .close(),
            STEEL.shade(),
        );
        d.line(
            &Path::from((0.0, -24.0)).quad((8.0, -60.0), (28.0, -88.0)),
            WHITE,
            3.4,
        );
        // The spring keeps the grips apart.
        let coil: Vec<Point> = (0..9)
            .map(|i| {
                (
                    if i % 2 == 0 { -9.0 } else { 9.0 },
                    34.0 + 5.0 * f64::from(i),
                )
            })
            .collect();
        d.tube(&Path::through(&coil), STEEL, 3.0);
        for side in [-1.0, 1.0] {
            let grip = Curve([
                (6.0 * side, 6.0),
                (34.0 * side, 40.0),
                (58.0 * side, 96.0),
                (44.0 * side, 176.0),
            ]);
            d.tube(&grip.path(), RED, 22.0);
            let light = Curve([
                (2.0 * side, 14.0),
                (29.0 * side, 46.0),
                (52.0 * side, 98.0),
                (39.0 * side, 172.0),
            ]);
            d.line(
                &light.path(),
                if side < 0.0 { RED.light() } else { RED.shade() },
                5.0,
            );
        }
        d.disc((0.0, 6.0), 15.0, SLATE);
        d.disc((0.0, 6.0), 6.5, STEEL);
        d.tube(
            &Path::from((-44.0, 164.0)).quad((-12.0, 186.0), (18.0, 170.0)),
            BARK,
            4.0,
        );
    });
}
